/** The directory of bundled files that are read when needed. This file is as deep as the bundle's chunks, so one path serves both. */
export const ASSETS = new URL('../../assets/', import.meta.url)
