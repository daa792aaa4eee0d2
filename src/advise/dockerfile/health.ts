import type { ImageView } from '../../policy/image-view.ts';
import { healthcheckOf } from '../start.ts';
import { withoutSecret } from './credentials.ts';
import type { DockerfileFacts } from './facts.ts';
import { jsonWords } from './lines.ts';

/** The HEALTHCHECK of an image. */
export interface HealthFacts {
  /** The command in exec form, or `/bin/sh -c` and a script; empty if it holds a secret. */
  readonly words: readonly string[];
  /** Options of the instruction: `--interval=30s`. */
  readonly options: readonly string[];
}

/** Returns the HEALTHCHECK of an image; undefined if it has none. */
export function healthOf(view: ImageView): HealthFacts | undefined {
  const { healthcheck } = view.image.config;
  if (healthcheck === undefined) return undefined;
  const { interval, timeout, startPeriod, retries } = healthcheck;
  return {
    words: withoutSecret(healthcheckOf(view)),
    options: [
      ...durationOption('interval', interval),
      ...durationOption('timeout', timeout),
      ...durationOption('start-period', startPeriod),
      ...(retries ? [`--retries=${retries}`] : []),
    ],
  };
}

const NS_PER_MS = 1_000_000;
const MS_PER_SECOND = 1_000;

function durationOption(name: string, ns: number | undefined): readonly string[] {
  if (ns === undefined) return [];
  const ms = Math.max(1, Math.round(ns / NS_PER_MS));
  return [`--${name}=${ms % MS_PER_SECOND === 0 ? `${ms / MS_PER_SECOND}s` : `${ms}ms`}`];
}

/** A single line without a trailing backslash, which would join the next line to it. */
const ONE_LINE = /^[^\p{Cc}\u2028\u2029]{0,999}[^\p{Cc}\u2028\u2029\\]$/u;

/**
 * Returns the HEALTHCHECK instruction, preceded by a note if its client is not installed; only a note if the command
 * does not fit on one line or holds a secret; nothing if the image has no HEALTHCHECK.
 */
export function healthLines({ health, base, packages }: DockerfileFacts): readonly string[] {
  if (health === undefined) return [];
  const command = commandOf(health.words);
  if (command === undefined) return ['# The image has a HEALTHCHECK that could not be copied: add it here.'];
  const fetcher = /\b(?:curl|wget)\b/.exec(command)?.[0];
  const isInstalled =
    fetcher === undefined || packages.run.includes(fetcher) || (fetcher === 'wget' && base === 'alpine-base');
  return [
    ...(isInstalled ? [] : [`# This base has no ${fetcher}: install it, or check in another way.`]),
    `HEALTHCHECK ${[...health.options, 'CMD', command].join(' ')}`,
  ];
}

function commandOf(words: readonly string[]): string | undefined {
  const [shell, option, script = ''] = words;
  if (shell !== '/bin/sh' || option !== '-c' || words.length > 3) {
    return words.length > 0 ? jsonWords(words) : undefined;
  }
  return ONE_LINE.test(script.trim()) ? script.trim() : undefined;
}
