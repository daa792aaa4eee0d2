import { compressedShare, evidenceOf, type LayerView } from '../image-view.ts';
import type { Rule } from '../rule.ts';
import { type Command, hasOption } from '../shell.ts';

/** A smaller layer of chown has touched folders and links, which weigh nothing. */
const WORTH_SAYING_BYTES = 100_000;
/** They change what is there already. `set`, `true`, `mkdir` and the like add next to nothing beside them. */
const CHANGES = ['chown', 'chmod', 'chgrp'];
const ADDS_NOTHING = [
  'set',
  'true',
  ':',
  'mkdir',
  'adduser',
  'addgroup',
  'useradd',
  'groupadd',
  'cd',
  'ln',
  'touch',
  'echo',
];

export const rewrittenFiles: Rule = {
  id: 'rewritten-files',
  severity: 'warn',
  title: 'Files are written twice: changing owner or mode copies them into a new layer',
  find: (view) => {
    const found = view.own.filter((layer) => measured(layer) ?? isChangeOnly(layer));
    if (found.length === 0) return undefined;
    const proven = found.every((layer) => measured(layer));
    const max = found.reduce((sum, layer) => sum + rewrittenBytes(layer), 0);
    return {
      confidence: proven ? 'proven' : 'inferred',
      message:
        'Copy with the right owner at once: "COPY --chown=10001 --chmod=0555"; in a RUN, change them where they are made',
      evidence: found.map((layer) => evidenceOf(layer)),
      bytes: { min: proven ? max : 0, max },
    };
  },
};

function measured(layer: LayerView): boolean | undefined {
  const bytes = layer.contents?.rewrittenBytes;
  return bytes === undefined ? undefined : compressedShare(layer, bytes) >= WORTH_SAYING_BYTES;
}

function isChangeOnly({ bytes, commands }: LayerView): boolean {
  if (bytes < WORTH_SAYING_BYTES || !commands.some(changesTree)) return false;
  return commands.every(({ program }) => CHANGES.includes(program) || ADDS_NOTHING.includes(program));
}

function changesTree(command: Command): boolean {
  return CHANGES.includes(command.program) && hasOption(command, '-R', '--recursive', '-hR', '-Rh');
}

function rewrittenBytes(layer: LayerView): number {
  return layer.contents?.rewrittenBytes === undefined
    ? layer.bytes
    : compressedShare(layer, layer.contents.rewrittenBytes);
}
