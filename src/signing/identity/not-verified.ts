/** Why something is not verified: a phrase without a subject. */
export class NotVerified extends Error {
  override readonly name = 'NotVerified'
}
