/** What a document says beside the materials. */
export interface DocumentOptions {
  /** Of the module: its file name. */
  readonly name: string
  /** RFC 3339. Undefined where nobody gave one: no clock is read. */
  readonly created: string | undefined
}
