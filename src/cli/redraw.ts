import { sum } from '../common/sum.ts';
import { widthOf } from '../report/text-width.ts';
import { type Io, isSmartTerminal, terminalColumns } from './io.ts';

interface Screen extends Pick<Io, 'environment'> {
  readonly stdout: Pick<Io['stdout'], 'isTTY' | 'columns'>;
}

/**
 * Makes the function that shows lines again and again: on a terminal in place of those before, else below an empty line.
 * @returns of lines, the text to write
 */
export function redrawing({ stdout, environment }: Screen): (lines: string) => string {
  let before: string | undefined;
  return (lines) => {
    const last = before;
    before = lines;
    if (last === undefined) return lines;
    if (!isSmartTerminal(stdout, environment)) return `\n${lines}`;
    return `\u001b[${rowsOf(last, terminalColumns(stdout))}A\u001b[J${lines}`;
  };
}

/** How many rows of a terminal the lines take now: it folds what is wider, again when its width changes. */
function rowsOf(lines: string, columns = Number.POSITIVE_INFINITY): number {
  return sum(
    lines
      .trimEnd()
      .split('\n')
      .map((line) => Math.max(1, Math.ceil(widthOf(line) / columns))),
  );
}
