import { compressedShare, type Files } from '../compressed-share.ts';
import { hitFrom, measuredFiles, wholeLayer } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import type { LayerView } from '../image-view.ts';
import type { Rule } from '../rule.ts';
import type { Command } from '../shell.ts';

/** A smaller layer made by chown holds only folders and links, which have no size. */
const WORTH_REPORTING_BYTES = 100_000;
/** Programs that change existing files; a step of nothing else leaves only copies of files. */
const CHANGES = ['chown', 'chmod', 'chgrp'];
/** Programs that add next to nothing to a layer, so that a step may also run them. */
const ADDS_NOTHING = 'set true : mkdir adduser addgroup useradd groupadd cd ln touch echo'.split(' ');

export const rewrittenFiles: Rule = {
  id: 'rewritten-files',
  severity: 'warn',
  title: 'Files are written twice: changing owner or mode copies them into a new layer',
  find: (view) => {
    const evidence = view.own.flatMap((layer) =>
      layer.contents ? measuredEvidence(layer, { bytes: layer.contents.rewrittenBytes }) : likelyEvidence(layer),
    );
    return hitFrom(
      evidence,
      'Set owner and mode while copying ("COPY --chown=10001 --chmod=0555"), or in the RUN that creates the files',
    );
  },
};

function measuredEvidence(layer: LayerView, files: Files): readonly Evidence[] {
  return compressedShare(layer, files) < WORTH_REPORTING_BYTES ? [] : measuredFiles(layer, files);
}

function likelyEvidence(layer: LayerView): readonly Evidence[] {
  return layer.bytes >= WORTH_REPORTING_BYTES && rewritesOnly(layer) ? [wholeLayer(layer)] : [];
}

/** Whether a layer's commands only change the owner or mode of files, so that it holds copies of them. */
export function rewritesOnly({ commands }: LayerView): boolean {
  return (
    commands.some(changes) && commands.every((command) => changes(command) || ADDS_NOTHING.includes(command.program))
  );
}

function changes({ program }: Command): boolean {
  return CHANGES.includes(program);
}
