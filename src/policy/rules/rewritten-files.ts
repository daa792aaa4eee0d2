import { compressedShare, evidenceOf, exactly, hitFrom, upTo } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import type { LayerView } from '../image-view.ts';
import type { Rule } from '../rule.ts';
import { type Command, hasOption } from '../shell.ts';

/** A smaller layer of chown has touched folders and links, which weigh nothing. */
const WORTH_SAYING_BYTES = 100_000;
/** They change what is there already. */
const CHANGES = ['chown', 'chmod', 'chgrp'];
/** Beside them, these add next to nothing. */
const ADDS_NOTHING = 'set true : mkdir adduser addgroup useradd groupadd cd ln touch echo'.split(' ');

export const rewrittenFiles: Rule = {
  id: 'rewritten-files',
  severity: 'warn',
  title: 'Files are written twice: changing owner or mode copies them into a new layer',
  find: (view) => {
    const evidence = view.own.flatMap((layer) => measured(layer) ?? likely(layer));
    return hitFrom(
      evidence,
      'Copy with the right owner at once: "COPY --chown=10001 --chmod=0555"; in a RUN, change them where they are made',
    );
  },
};

/** Undefined where the layer was not read. */
function measured(layer: LayerView): Evidence[] | undefined {
  if (layer.contents?.rewrittenBytes === undefined) return undefined;
  const bytes = compressedShare(layer, layer.contents.rewrittenBytes);
  return bytes < WORTH_SAYING_BYTES ? [] : [evidenceOf(layer, { bytes: exactly(bytes) })];
}

function likely(layer: LayerView): Evidence[] {
  if (layer.bytes < WORTH_SAYING_BYTES || !layer.commands.some(changesTree)) return [];
  const changesOnly = layer.commands.every(
    ({ program }) => CHANGES.includes(program) || ADDS_NOTHING.includes(program),
  );
  return changesOnly ? [evidenceOf(layer, { bytes: upTo(layer.bytes) })] : [];
}

function changesTree(command: Command): boolean {
  return CHANGES.includes(command.program) && hasOption(command, '-R', '--recursive', '-hR', '-Rh');
}
