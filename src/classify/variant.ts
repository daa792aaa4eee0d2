import type { Context } from './context.ts';
import type { DistroVerdict } from './distro.ts';
import { isChiselled, isDistroless } from './distroless.ts';
import type { BuildStep } from './history/build-steps.ts';
import { isNixStep } from './nix.ts';
import type { RuntimeVerdict } from './runtime-verdict.ts';
import { temurinKind } from './temurin.ts';
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
  if (all(/distroless|cgr\.dev\/chainguard\/(?!(?:wolfi|chainguard)-base)/)) return 'distroless';
  if (all(/[:-]jre|[-:/]jre\d*\b/)) return 'jre';
  if (all(/[:-]jdk|[-:/]jdk\d*\b/)) return 'jdk';
  if (all(/alpine/)) return 'alpine';
  if (all(/-slim|:slim/)) return 'slim';
  return all(/minimal|micro\b|-chiseled|nanoserver|minideb|(?:wolfi|chainguard)-base/) ? 'minimal' : undefined;
}

function byMarks(
  context: Context,
  base: BaseVerdict,
  distro: DistroVerdict | undefined,
  runtime: RuntimeVerdict | undefined,
): Judged<Variant> | undefined {
  const inferred = (value: Variant, evidence: string) => ({ value, confidence: 'inferred' as const, evidence });
  if (runtime?.value.name === 'java') {
    const java = javaVariant(context);
    if (java) return inferred(java.variant, java.evidence);
  }
  if (distro?.value.id === 'alpine') return inferred('alpine', 'distro');
  if (/^ubi\d+-(?:minimal|micro)-/.test(context.input.config.labels['com.redhat.component'] ?? ''))
    return inferred('minimal', 'label:com.redhat.component');
  if (isChiselled(context)) return inferred('minimal', 'history:chiselled .NET');
  if (isShellless(context)) return inferred('distroless', 'history');
  if (base.confidence !== 'unknown' && base.references.includes('scratch')) {
    // A whole tree, or a store of packages, may hold a distribution that nothing names.
    const { stack, history } = context;
    const whole = stack.rootfs !== undefined || history.steps.some((step) => isNixStep(step) || isWholeStage(step));
    return distro === undefined && !whole ? inferred('scratch', 'history') : undefined;
  }
  return context.stack.images.some((image) => image.kind === 'buildpack-deps')
    ? inferred('full', 'history:buildpack-deps')
    : undefined;
}

/** `COPY --from=build / /`, by which builds squash what they made. */
function isWholeStage({ verb, args }: BuildStep): boolean {
  return verb === 'COPY' && /^(?:--\S+ )*\/ \/$/.test(args);
}

/** Put together by Bazel or apko, and nothing was run in it, which takes a shell. */
function isShellless(context: Context): boolean {
  const { rootfs } = context.stack;
  const packed = rootfs?.tool === 'bazel' || rootfs?.tool === 'apko' || isDistroless(context);
  return packed && context.own.every(({ verb }) => verb !== 'RUN');
}

/** A CMD that only a JDK can start, of the image or of what lies beneath; else the home of a runtime, or Temurin. */
function javaVariant({
  input,
  env,
  history,
  stack,
}: Context): { variant: 'jdk' | 'jre'; evidence: string } | undefined {
  const { cmd, entrypoint } = input.config;
  const commands = history.steps.flatMap((step) => (step.verb === 'CMD' ? [step.args.slice(0, 200)] : []));
  if ([...commands, ...cmd, ...entrypoint].some((text) => /\b(?:jshell|mvn|gradle)\b/.test(text)))
    return { variant: 'jdk', evidence: 'config:cmd' };
  const home = env.get('JAVA_HOME') ?? '';
  // Within a JDK of Java 8 lies a runtime, which may be the home nonetheless.
  const path = env.get('PATH')?.split(':') ?? [];
  if (home.endsWith('/jre') && path.includes(home.replace(/jre$/, 'bin')) && !path.includes(`${home}/bin`))
    return { variant: 'jdk', evidence: 'env:PATH' };
  if (/[-/]jre$/.test(home)) return { variant: 'jre', evidence: 'env:JAVA_HOME' };
  const temurin = stack.images.find((image) => image.official?.tags === 'temurin');
  const kind = temurin && temurinKind(history.steps.slice(0, temurin.end), env.get('JAVA_VERSION'));
  return kind ? { variant: kind, evidence: 'history:library/eclipse-temurin' } : undefined;
}
