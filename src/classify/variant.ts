import type { Context } from './context.ts';
import { isChiselled, isDistroless, isSlimDebian, temurinKind, universalBase } from './editions.ts';
import type { BuildStep } from './history/build-steps.ts';
import { officialOf } from './history/stack.ts';
import { isNixStep } from './nix.ts';
import {
  type BaseVerdict,
  type Conclusion,
  type DistroVerdict,
  inferred,
  isScratch,
  type RuntimeVerdict,
  type Variant,
} from './verdict.ts';

/** The variant of an image: by the base's name, or by the distribution and other signs in the history and config. */
export function findVariant(
  context: Context,
  base: BaseVerdict,
  distro: DistroVerdict | undefined,
  runtime: RuntimeVerdict | undefined,
): Conclusion<Variant> | undefined {
  const named = variantOfBase(base);
  if (named) return named;
  const java = runtime?.value.name === 'java' ? javaVariant(context) : undefined;
  if (java) return java;
  if (distro?.value.id === 'alpine') return inferred('alpine', 'distro');
  if (/^(?:minimal|micro)$/.test(universalBase(context.input.config.labels)?.edition ?? ''))
    return inferred('minimal', 'label:com.redhat.component');
  if (isChiselled(context)) return inferred('minimal', 'history:chiselled .NET');
  if (hasNoShell(context)) return inferred('distroless', 'history');
  if (isScratch(base)) return distro || mayHoldDistro(context) ? undefined : inferred('scratch', 'history');
  if (context.stack.images.some((image) => image.kind === 'buildpack-deps'))
    return inferred('full', 'history:buildpack-deps');
  return standsOnSlimDebian(context, distro) ? inferred('slim', 'history:size of Debian') : undefined;
}

function variantOfBase(base: BaseVerdict): Conclusion<Variant> | undefined {
  if (base.confidence === 'unknown') return undefined;
  const value = variantByName(base.references);
  return value && { value, confidence: base.confidence, evidence: 'base' };
}

const NAMES: readonly (readonly [Variant, RegExp])[] = [
  ['distroless', /distroless|cgr\.dev\/chainguard\/(?!(?:wolfi|chainguard)-base)/],
  ['jre', /[:-]jre|[-:/]jre\d*\b/],
  ['jdk', /[:-]jdk|[-:/]jdk\d*\b/],
  ['alpine', /alpine/],
  ['slim', /-slim|:slim/],
  ['minimal', /minimal|micro\b|-chiseled|nanoserver|minideb|(?:wolfi|chainguard)-base/],
];

function variantByName(references: readonly string[]): Variant | undefined {
  if (references.length === 0 || references.includes('scratch')) return undefined;
  return NAMES.find(([, pattern]) => references.every((reference) => pattern.test(reference)))?.[0];
}

/** Whether the root file system is Debian's own, not a vendor's, and the slim one: images on it are as slim. */
function standsOnSlimDebian(context: Context, distro: DistroVerdict | undefined): boolean {
  const { rootfs } = context.stack;
  const isDebian = rootfs?.distro?.id === 'debian' || (rootfs?.isNameless === true && distro?.value.id === 'debian');
  return isDebian && isSlimDebian(context) === true;
}

/** Whether there is a root file system, a copied stage or a Nix store: it may hold a distribution that nothing names. */
function mayHoldDistro({ stack, history }: Context): boolean {
  return stack.rootfs !== undefined || history.steps.some((step) => isNixStep(step) || isWholeStage(step));
}

/** Whether a step is `COPY --from=build / /`, which squashes a whole stage into one layer. */
function isWholeStage({ verb, args }: BuildStep): boolean {
  return verb === 'COPY' && /^(?:--\S+ )*\/ \/$/.test(args);
}

/**
 * Whether an image has no shell: Bazel or apko assembled it, or it is a Docker Hardened Image without one, and no RUN,
 * which needs a shell, followed.
 */
function hasNoShell(context: Context): boolean {
  const { rootfs } = context.stack;
  const isHardened = context.input.config.labels['com.docker.dhi.shell'] === '';
  const isAssembled = rootfs?.tool === 'bazel' || rootfs?.tool === 'apko' || isDistroless(context) || isHardened;
  return isAssembled && context.own.every(({ verb }) => verb !== 'RUN');
}

/**
 * JDK or JRE: by a CMD, of the image or of one beneath, that needs a JDK; by PATH and JAVA_HOME; by Temurin's archive.
 */
function javaVariant({ input, env, history, stack }: Context): Conclusion<Variant> | undefined {
  const { cmd, entrypoint } = input.config;
  const commands = history.steps.flatMap((step) => (step.verb === 'CMD' ? [step.args.slice(0, 200)] : []));
  if ([...commands, ...cmd, ...entrypoint].some((text) => /\b(?:jshell|mvn|gradle)\b/.test(text)))
    return inferred('jdk', 'config:cmd');
  const home = env.get('JAVA_HOME') ?? '';
  // A JDK of Java 8 contains a `jre` folder, which JAVA_HOME may name.
  const path = env.get('PATH')?.split(':') ?? [];
  if (home.endsWith('/jre') && path.includes(home.replace(/jre$/, 'bin')) && !path.includes(`${home}/bin`))
    return inferred('jdk', 'env:PATH');
  if (/[-/]jre$/.test(home)) return inferred('jre', 'env:JAVA_HOME');
  const temurin = stack.images.find((image) => officialOf(image)?.tags === 'temurin');
  const kind = temurin && temurinKind(history.steps.slice(0, temurin.end), env.get('JAVA_VERSION'));
  return kind && inferred(kind, 'history:library/eclipse-temurin');
}
