/**
 * Characters that must not reach a terminal or a page: C0 and C1 controls (escape sequences among them), line and
 * paragraph separators, zero-width characters, and the marks that reorder text (Unicode TR 9, "Explicit Directional
 * Formatting").
 */
const UNPRINTABLE =
  /[\p{Cc}\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const UNPAIRED = /\p{Cs}/gu;
/**
 * What begins a command to Azure Pipelines, TeamCity or GitHub, wherever it stands in the output of a job: it could set
 * variables of the next steps. @see Azure Pipelines, "Logging commands"; actions/runner, ActionCommand.cs
 */
const JOB_COMMAND = /##(?=(?:vso|teamcity)?\[)/g;

/**
 * Makes untrusted text safe to show, on one line: tabs and line breaks become spaces, invisible and reordering
 * characters are removed, unpaired surrogates become U+FFFD, and a space separates what would be a command to a CI system.
 */
export function printable(text: string): string {
  return text
    .replace(/[\t\n\r]+/g, ' ')
    .replace(UNPRINTABLE, '')
    .replace(UNPAIRED, '\ufffd')
    .replace(JOB_COMMAND, '## ');
}

/** A text of several lines, each made safe to show as by {@link printable}. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
