import type { ClassRule } from './class-rule.ts'
import { PROXY_CLASSES } from './classes/proxy-classes.ts'
import { SERVICE_CLASSES } from './classes/service-classes.ts'
import { SYSTEM_CLASSES } from './classes/system-classes.ts'

/** The capability classes of the catalogue. */
export const CLASSES = { ...SYSTEM_CLASSES, ...SERVICE_CLASSES, ...PROXY_CLASSES } as const

export type CapabilityClass = keyof typeof CLASSES

export const getClassRule = (name: CapabilityClass): ClassRule => CLASSES[name]

/** Class to function names, blank-separated. */
export type FunctionsByClass = Readonly<Partial<Record<CapabilityClass, string>>>
