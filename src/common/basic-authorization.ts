/** The value of an Authorization header with a user and password, `USER:PASSWORD`. @see RFC 7617 */
export function basicAuthorization(userinfo: string): string {
  return `Basic ${Buffer.from(userinfo).toString('base64')}`;
}
