import { describeImage, imageText } from '../../inspect/describe-image.ts';
import { parseReference } from '../../oci/reference.ts';
import { jsonDocument } from '../../report/json-document.ts';
import { terminalColumns, writeResult } from '../io.ts';
import type { ImageOptions } from '../options.ts';
import type { Session } from '../prepare.ts';
import { jsonText } from '../table-or-json.ts';
import { withAssessor } from '../with-assessor.ts';

/** The options of `inspect`. */
export interface InspectOptions extends ImageOptions {
  /** Whether to read the contents of the layers, too. */
  readonly deep?: boolean;
}

/** Shows one image: its layers, its base image with the evidence for it, findings and advice. */
export async function inspectCommand(session: Session, text: string, options: InspectOptions): Promise<void> {
  const reference = parseReference(text);
  const { loaded, findings, advice } = await withAssessor(session, options, (assess) => assess(reference));
  const described = describeImage(loaded, findings, advice);
  await writeResult(session.io, [
    options.format === 'json'
      ? jsonText(jsonDocument('slimboard.image/1', described))
      : imageText(described, terminalColumns(session.io.stdout)),
  ]);
}
