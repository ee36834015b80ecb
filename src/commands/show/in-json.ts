/** Behind the count of what is not listed for people: `countMore(left, IN_JSON)`. */
export const IN_JSON = ': see them all with --format json'
