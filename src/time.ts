/** An RFC 3339 time in whole seconds, as OCI annotations write it. */
export const toRfc3339Seconds = (time: Date): string => time.toISOString().replace(/\.\d{3}Z$/, 'Z')
