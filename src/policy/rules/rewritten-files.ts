import { compressedShare, evidenceOf, exactly, hitFrom, upTo } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import type { LayerView } from '../image-view.ts';
import type { Rule } from '../rule.ts';
import type { Command } from '../shell.ts';

/** A smaller layer of chown has touched folders and links, which weigh nothing. */
const WORTH_SAYING_BYTES = 100_000;
/** They change what is there already: a step of nothing else leaves only copies. */
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
  if (layer.bytes < WORTH_SAYING_BYTES || !layer.commands.some(changes)) return [];
  const changesOnly = layer.commands.every((command) => changes(command) || ADDS_NOTHING.includes(command.program));
  return changesOnly ? [evidenceOf(layer, { bytes: upTo(layer.bytes) })] : [];
}

function changes({ program }: Command): boolean {
  return CHANGES.includes(program);
}
