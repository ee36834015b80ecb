/** The address of a path at a service, whose own address may have a path and a final slash. */
export const joinPath = (base: string, path: string): string => `${base.replace(/\/+$/, '')}/${path}`
