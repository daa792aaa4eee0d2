/** A message with what it is about before it, once: those about a registry's content begin with its name themselves. */
export function labelled(item: string, message: string): string {
  const [named = ''] = message.split(': ', 1);
  return item === '' || named === item || named.endsWith(`/${item}`) ? message : `${item}: ${message}`;
}
