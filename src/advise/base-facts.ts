import { distroEndOfLife } from '../classify/end-of-life.ts';
import type { ImageVerdict } from '../classify/verdict.ts';
import type { BaseFacts } from '../policy/audited-image.ts';
import { chooseAlternative, isExact, type Knowledge } from './alternatives.ts';
import { endedRuntime } from './releases.ts';

/**
 * What the calendar and the known bases say about an image's base, for the rules.
 * @param today `2026-11-24`
 */
export function baseFactsOf(verdict: ImageVerdict, knowledge: Knowledge, today: string): BaseFacts {
  const ended = endedDistro(verdict, today) ?? endedRuntimeOf(verdict, today);
  const slimmer = slimmerOf(verdict, knowledge);
  return { ...(ended ? { ended } : {}), ...(slimmer ? { slimmer } : {}) };
}

function endedDistro({ distro }: ImageVerdict, today: string): BaseFacts['ended'] {
  if (!distro?.value.version) return undefined;
  const endOfLife = distroEndOfLife(distro.value.id, distro.value.version);
  return endOfLife !== undefined && endOfLife < today
    ? { name: `${distro.value.id} ${distro.value.version}`, endOfLife }
    : undefined;
}

function endedRuntimeOf({ runtime }: ImageVerdict, today: string): BaseFacts['ended'] {
  return runtime?.value.version ? endedRuntime(runtime.value.name, runtime.value.version, today) : undefined;
}

/** A slim base of the image's own release; Alpine only where there is no other, for it is more than a leaner copy. */
function slimmerOf({ runtime, distro }: ImageVerdict, knowledge: Knowledge): BaseFacts['slimmer'] {
  const name = runtime?.value.name ?? 'none';
  const version = runtime?.value.version ?? distro?.value.version;
  for (const variants of [['slim', 'jre', 'minimal'], ['alpine']] as const) {
    const alternative = chooseAlternative(knowledge, name, version, variants);
    if (alternative && isExact(alternative, version)) {
      return { reference: alternative.reference, compressedBytes: alternative.compressedBytes };
    }
  }
  return undefined;
}
