import { describeImage } from '../../inspect/describe-image.ts';
import { judgeLoaded } from '../../inspect/judge-loaded.ts';
import { parsePlatform } from '../../oci/platform.ts';
import { parseReference } from '../../oci/reference.ts';
import { withImageLoader } from '../image-loader.ts';
import { columnsOf, writeResult } from '../io.ts';
import type { Session } from '../prepare.ts';
import { parseTableOrJson } from '../table-or-json.ts';
import { withCatalogue } from '../with-catalogue.ts';

interface InspectOptions {
  readonly platform: string;
  readonly format: string;
  /** Read the contents of its layers, too. */
  readonly deep: boolean;
  /** Look its layers up in the catalogue of the database. */
  readonly catalogue: boolean;
}

/** Shows one image with the proof of what it is built on. */
export async function inspectCommand(session: Session, text: string, options: InspectOptions): Promise<void> {
  const format = parseTableOrJson(options.format);
  const reference = parseReference(text);
  const platform = parsePlatform(options.platform);
  const today = new Date().toISOString().slice(0, 10);
  const { stdout } = session.io;
  const { policy, teams } = session.settings;
  const described = await withCatalogue(session, options.catalogue, ({ knowledge, ...bases }) =>
    withImageLoader(session, async (load) => {
      const loaded = await load(reference, platform, { deep: options.deep, ...bases });
      const { findings, advice } = judgeLoaded(loaded, { policy, teams, knowledge, today });
      return describeImage(loaded, findings, advice, columnsOf(stdout));
    }),
  );
  await writeResult(session.io, format === 'json' ? [`${JSON.stringify(described, null, 2)}\n`] : [described.text]);
}
