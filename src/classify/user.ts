/**
 * Whether an image runs as uid 0, by the user part of its USER. Undefined on Windows, and for a name other than root,
 * which may map to any uid.
 */
export function runsAsRoot(user: string, os: string): boolean | undefined {
  if (os === 'windows') return undefined;
  const name = user.split(':', 1)[0]?.trim() ?? '';
  if (name === '' || name === 'root') return true;
  return /^\d+$/.test(name) ? Number(name) === 0 : undefined;
}
