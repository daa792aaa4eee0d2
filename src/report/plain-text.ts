/** A description for where Markdown is not rendered, such as tooltips: without the backticks around code. */
export function withoutBackticks(description: string): string {
  return description.replaceAll('`', '');
}
