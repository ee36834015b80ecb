/** What is asked for: an ID token, with the e-mail address. */
export const SCOPE = 'openid email'
