import { adviseImage } from '../../advise/advise.ts';
import { knowledgeOf } from '../../advise/alternatives.ts';
import { SettingsError } from '../../errors.ts';
import { describeImage } from '../../inspect/describe-image.ts';
import { parsePlatform } from '../../oci/platform.ts';
import { parseReference } from '../../oci/reference.ts';
import { findImage } from '../../policy/find-image.ts';
import { withImageLoader } from '../image-loader.ts';
import { writeResult } from '../io.ts';
import type { Session } from '../prepare.ts';

interface InspectOptions {
  readonly platform: string;
  readonly format: string;
}

/** Shows one image with the proof of what it is built on. */
export async function inspectCommand(
  session: Session,
  text: string,
  { platform, format }: InspectOptions,
): Promise<void> {
  if (format !== 'table' && format !== 'json') throw new SettingsError(`--format ${format}: write table or json`);
  const { policy } = session.settings;
  await withImageLoader(session, async (load) => {
    const loaded = await load(parseReference(text), parsePlatform(platform));
    const findings = findImage(loaded.image, policy.rules);
    const advice = adviseImage(loaded.image, findings, knowledgeOf([]), policy.goal);
    const described = describeImage(loaded, findings, advice);
    await writeResult(session.io, format === 'json' ? [`${JSON.stringify(described, null, 2)}\n`] : [described.text]);
  });
}
