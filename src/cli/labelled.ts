/** Puts the item before a message, unless it begins with it: messages about a registry's content name it themselves. */
export function labelled(item: string, message: string): string {
  const [named = ''] = message.split(': ', 1);
  return item === '' || named === item || named.endsWith(`/${item}`) ? message : `${item}: ${message}`;
}
