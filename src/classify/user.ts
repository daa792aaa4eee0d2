/** Whether the image runs as uid 0: by USER's user part. A name other than root may be any uid. */
export function runsAsRoot(user: string, os: string): boolean | undefined {
  if (os === 'windows') return undefined;
  const name = user.split(':', 1)[0]?.trim() ?? '';
  if (name === '' || name === 'root') return true;
  return /^\d+$/.test(name) ? Number(name) === 0 : undefined;
}
