import type { Context } from './context.ts';
import type { DistroVerdict } from './distro.ts';
import type { RuntimeVerdict } from './runtime-verdict.ts';
import type { BaseVerdict, Judged, Variant } from './verdict.ts';

/** The variant that the image is of: by the base's name, or by the distribution and the runtime's own marks. */
export function findVariant(
  context: Context,
  base: BaseVerdict,
  distro: DistroVerdict | undefined,
  runtime: RuntimeVerdict | undefined,
): Judged<Variant> | undefined {
  const named = base.confidence === 'unknown' ? undefined : byName(base.references);
  if (named)
    return { value: named, confidence: base.confidence === 'unknown' ? 'inferred' : base.confidence, evidence: 'base' };
  return byMarks(context, base, distro, runtime);
}

function byName(references: readonly string[]): Variant | undefined {
  const all = (pattern: RegExp) => references.length > 0 && references.every((reference) => pattern.test(reference));
  if (references.includes('scratch')) return undefined;
  if (all(/distroless|cgr\.dev\/chainguard/)) return 'distroless';
  if (all(/[:-]jre|[-:/]jre\d*\b/)) return 'jre';
  if (all(/[:-]jdk|[-:/]jdk\d*\b/)) return 'jdk';
  if (all(/alpine/)) return 'alpine';
  if (all(/-slim|:slim/)) return 'slim';
  return all(/minimal|micro\b|-chiseled|nanoserver|minideb/) ? 'minimal' : undefined;
}

function byMarks(
  context: Context,
  base: BaseVerdict,
  distro: DistroVerdict | undefined,
  runtime: RuntimeVerdict | undefined,
): Judged<Variant> | undefined {
  const inferred = (value: Variant, evidence: string) => ({ value, confidence: 'inferred' as const, evidence });
  if (runtime?.value.name === 'java') {
    const started = [...context.input.config.cmd, ...context.input.config.entrypoint].join(' ');
    if (/\bjshell\b|\bmvn\b|\bgradle\b/.test(started)) return inferred('jdk', 'config:cmd');
  }
  if (distro?.value.id === 'alpine') return inferred('alpine', 'distro');
  if (context.stack.rootfs?.tool === 'bazel' || context.stack.rootfs?.tool === 'apko')
    return inferred('distroless', 'history');
  if (base.confidence !== 'unknown' && base.references.includes('scratch')) {
    return distro === undefined ? inferred('scratch', 'history') : undefined;
  }
  return context.stack.images.some((image) => image.kind === 'buildpack-deps')
    ? inferred('full', 'history:buildpack-deps')
    : undefined;
}
