import { readEnv } from '../../classify/context.ts';
import { type Runtime, runtimeOf } from '../../classify/verdict.ts';
import { anyOf } from '../../common/any-of.ts';
import type { AuditedImage } from '../../policy/audited-image.ts';
import type { ImageView } from '../../policy/image-view.ts';
import { absolutePath, baseName, isWithin } from '../../policy/paths.ts';
import type { PlacedCommand } from '../../policy/shell.ts';
import { compilesC } from '../base-after.ts';
import { linksLibraries, mayLinkLibraries } from '../linking.ts';
import { installsRuntime, needsPackages, type OwnPackages, ownPackages } from '../own-packages.ts';
import { servesPages } from '../pages.ts';
import { DEBIAN_VERSION, releaseOf, supportedRelease } from '../releases.ts';
import { isScript, SHELL, type Start, servesByApache, startNeedsShell, startOf } from '../start.ts';
import { adviceView } from '../subject.ts';
import type { BaseTechniqueId } from '../technique.ts';
import { type CBuild, cBuildOf } from './c-build.ts';
import { type Copy, copiesOf, ownCommandsOf, PLAIN_PATH, type SourceFacts, sourceFolderOf } from './copies.ts';
import { credentialNotes, withoutSecret } from './credentials.ts';
import { isIgnored } from './dockerignore.ts';
import { type BuildSettings, nodeBuildSettings, ownEnvironment, registrySettings } from './environment.ts';
import { gemInstalls } from './gems.ts';
import { type HealthFacts, healthOf } from './health.ts';
import { keptSettings } from './kept-settings.ts';
import { largerBaseOf } from './larger-base.ts';
import { leftOutSteps } from './left-out.ts';
import { type SecretFile, secretFileNotes, secretFilesOf, withoutSecretFiles } from './mounts.ts';
import { type NginxBase, nginxBaseOf } from './nginx-base.ts';
import { phpSettingSteps } from './php-settings.ts';
import { type Deployment, deploymentOf } from './pnpm-deploy.ts';
import { type TomcatFacts, tomcatOf } from './tomcat.ts';

/** The facts about an image that its generated Dockerfile needs. Every text is safe to write into a Dockerfile. */
export interface DockerfileFacts {
  readonly runtime: Runtime;
  /** A supported release of the runtime, see {@link supportedRelease}; empty for C and C++. */
  readonly release: string;
  /** The image's own release, which may be out of support; undefined if it is unknown. */
  readonly ownRelease: string | undefined;
  /** The classified framework in lower case (`express`, `next`, `django`, `fastapi`, …); empty if there is none. */
  readonly framework: string;
  /** The commands that its own steps ran; they reveal the package manager, among other things. */
  readonly commands: readonly PlacedCommand<string>[];
  /** The COPY and ADD instructions of its own steps, without {@link secretFiles}. */
  readonly copies: readonly Copy[];
  /** Whether PHP runs in Apache. */
  readonly servesByApache: boolean;
  /** Whether Node.js only builds pages, see {@link servesPages}. */
  readonly servesPages: boolean;
  /** How a program in C or C++ is compiled. */
  readonly c: CBuild | undefined;
  readonly tomcat: TomcatFacts | undefined;
  /** What the image has of nginx's own image, if it is built on that. */
  readonly nginx: NginxBase | undefined;
  /** The build tool of which Jib is a plugin, if Jib built the image. */
  readonly jib: 'gradle' | 'maven' | undefined;
  /** The variables that its own steps set for the program: `PORT=8080`. */
  readonly env: readonly string[];
  /** From where its build downloaded, see {@link registrySettings}. */
  readonly registries: readonly string[];
  /** What its build with Node.js could read, see {@link nodeBuildSettings}. */
  readonly nodeBuild: BuildSettings;
  /** All variables of the image, unchecked. */
  readonly variables: ReadonlyMap<string, string>;
  readonly packages: OwnPackages;
  /** The `gem install` of its own steps if the program's gems come from them, not from Bundler, see {@link gemInstalls}. */
  readonly gems: readonly string[] | undefined;
  /** Whether its own steps installed the runtime as a package of the distribution. */
  readonly installsRuntime: boolean;
  /** Whether both stages install Node.js as a package of Alpine, as the image does. */
  readonly usesPackage: boolean;
  /** The image's distribution if the names of its packages may differ from the Dockerfile's: `debian 10`. */
  readonly olderDistro: string | undefined;
  /** The folders below the program's that its own steps make, see {@link madeFoldersOf}; absolute paths. */
  readonly madeFolders: readonly string[];
  /** Whether its own steps make such folders, or let others write to files, so that the program probably writes to its folder. */
  readonly writesFolder: boolean;
  /** Whether a compiled program loads C libraries at run time, see {@link linksLibraries}. */
  readonly linksLibraries: boolean;
  /** Whether that is not known, see {@link mayLinkLibraries}. */
  readonly mayLinkLibraries: boolean;
  /** Whether it is started by a script, or needs packages at run time; then an image without a shell will not do. */
  readonly needsDistribution: boolean;
  /** As EXPOSE takes them: `8080`, `53/udp`. */
  readonly ports: readonly string[];
  /** The instructions of its own steps that are repeated as they are, see {@link keptSettings}. */
  readonly keptSettings: readonly string[];
  /** Undefined if the image has no HEALTHCHECK. */
  readonly health: HealthFacts | undefined;
  /** The folder in which the program starts, an absolute path. */
  readonly workdir: string;
  /** The folder of its sources: `workdir` or a folder above it, unless {@link deployment} made `workdir`. */
  readonly folder: string;
  readonly deployment: Deployment | undefined;
  /** Entrypoint and command; each is empty if the image has none of its own, or one that holds a secret. */
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** The program that the image starts, without its folder; `app` if that is unclear. */
  readonly program: string;
  /** The program's arguments from the same field of the config; those from the command are in `cmd`. */
  readonly programArgs: readonly string[];
  /** Whether the entrypoint names the program, and the command further arguments; if not, the command names it. */
  readonly isEntrypoint: boolean;
  /** The path or name of a script that starts the program. */
  readonly script: string | undefined;
  /** Whether it is started by bash, or by a script that may be one for bash, as on all distributions but Alpine. */
  readonly mayNeedBash: boolean;
  /** The steps that change PHP's settings and are repeated as they are, see {@link phpSettingSteps}. */
  readonly phpSettings: readonly string[];
  /** The steps that the Dockerfile does not repeat, see {@link leftOutSteps}. */
  readonly leftOut: readonly string[];
  /** The files that its build reads, and that may hold a token. */
  readonly secretFiles: readonly SecretFile[];
  /** What the Dockerfile leaves out because it holds credentials, see {@link credentialNotes}. */
  readonly credentials: readonly string[];
  /** The image's base if it contains more than the runtime, see {@link largerBaseOf}. */
  readonly largerBase: string | undefined;
  /** The kind of base of the last stage. */
  readonly base: BaseTechniqueId;
}

/** The program's folder if the image names none, or none that is safe to repeat. */
const DEFAULT_WORKDIR = '/app';
/** The same in PHP's official images. */
const PHP_FOLDER = '/var/www/html';
/** `/tcp` is left out, since it is EXPOSE's default. */
const PORT = /^(\d{1,5}(?:\/udp)?)(?:\/tcp)?$/;

/**
 * Returns the facts about an image for its Dockerfile. The image's builder may have written anything into the config,
 * so only values that are plainly a port, a path or a command are passed on.
 * @param base the kind of base for the last stage
 * @param today `2026-11-24`; decides which releases are supported
 * @returns undefined for a runtime without a supported release
 */
export function dockerfileFacts(
  image: AuditedImage,
  base: BaseTechniqueId,
  today: string,
): DockerfileFacts | undefined {
  const { config, verdict } = image;
  const { name: runtime, version } = runtimeOf(verdict);
  const release = supportedRelease(runtime, version, today);
  const view = adviceView(image);
  if (release === undefined && !compilesC(view)) return undefined;
  const start = startOf(view);
  const defaultWorkdir = runtime === 'php' ? PHP_FOLDER : DEFAULT_WORKDIR;
  const workdir = /^(\/[\w./-]*\w)\/*$/.exec(config.workingDir)?.[1] ?? defaultWorkdir;
  const framework = (verdict.framework?.value ?? '').toLowerCase();
  const program = programOf(start);
  const build = ownBuildOf(view, workdir, { runtime, framework, program: program.program });
  const tomcat = runtime === 'java' ? tomcatOf(config, build.copies) : undefined;
  return {
    ...build,
    runtime,
    release: release ?? '',
    ownRelease: version === undefined ? undefined : releaseOf(runtime, version),
    framework,
    servesByApache: servesByApache(view),
    servesPages: servesPages(view),
    tomcat,
    nginx: runtime === 'nginx' ? nginxBaseOf(view) : undefined,
    jib: jibOf(view),
    env: ownEnvironment(view),
    registries: registrySettings(view),
    nodeBuild: nodeBuildSettings(view),
    variables: readEnv(config.env),
    packages: ownPackages(view),
    installsRuntime: installsRuntime(view),
    usesPackage: false,
    olderDistro: olderDistroOf(image),
    writesFolder: build.madeFolders.length > 0 || view.own.some(({ args }) => LETS_WRITE.test(args)),
    linksLibraries: linksLibraries(view, runtime),
    mayLinkLibraries: mayLinkLibraries(view, runtime),
    needsDistribution: startNeedsShell(view, runtime) || needsPackages(view),
    ports: config.exposedPorts.flatMap((port) => PORT.exec(port)?.[1] ?? []),
    keptSettings: keptSettings(view),
    health: healthOf(view),
    entrypoint: withoutSecret(start.entrypoint),
    cmd: withoutSecret(start.cmd),
    ...program,
    mayNeedBash: mayNeedBash(start, verdict.distro?.value.id),
    largerBase: largerBaseOf(view, tomcat !== undefined),
    base,
  };
}

/** Returns what the image's own build copied and ran, and what of it a Dockerfile cannot repeat. */
function ownBuildOf(
  view: ImageView,
  workdir: string,
  { runtime, framework, program }: Pick<DockerfileFacts, 'runtime' | 'framework' | 'program'>,
) {
  const all = copiesOf(view, workdir);
  const copies = withoutSecretFiles(all, runtime);
  const commands = ownCommandsOf(view, workdir);
  const deployment = deploymentOf(commands, workdir);
  const folder = sourceFolderOf(copies, deployment?.from ?? workdir, runtime);
  const settings = runtime === 'php' ? phpSettingSteps(view.own, all, servesByApache(view)) : [];
  const c = cBuildOf(view, copies);
  const others = view.own.filter(
    ({ position }) => position > (c?.layer ?? -1) && !settings.some(({ layer }) => layer === position),
  );
  const usesBundler = framework === 'rails' || program === 'bundle';
  const gems = runtime === 'ruby' && !usesBundler ? gemInstalls(commands, copies) : undefined;
  const leftOut = leftOutSteps(others, {
    copies: all,
    folder,
    runtime,
    deployment,
    gems,
    servesPages: servesPages(view),
  });
  const secretFiles = secretFilesOf(all, commands, runtime);
  const credentials = [...credentialNotes(view), ...secretFileNotes(secretFiles)];
  const madeFolders = madeFoldersOf({ copies: all, folder, runtime }, commands);
  const phpSettings = settings.map(({ line }) => line);
  return {
    copies,
    commands,
    workdir,
    folder,
    deployment,
    c,
    gems,
    phpSettings,
    leftOut,
    secretFiles,
    credentials,
    madeFolders,
  };
}

/** Steps that give files to another user, as COPY also does by an option, or that let others than their owner write. */
const LETS_WRITE = anyOf([/(?:^|\s|--)ch(?:own|grp)[\s=]/, /\bchmod\s+(?:-R\s+)?(?:0?77[57]|[ago]*\+\w*w|g=u)/]);

const MAX_FOLDERS = 20;

/** Returns the folders that the image's own steps make for the program to write to: not for sources, or what builds make. */
function madeFoldersOf(
  { copies, folder, runtime }: SourceFacts,
  commands: readonly PlacedCommand<string>[],
): readonly string[] {
  const made = commands
    .filter(({ program }) => program === 'mkdir')
    .flatMap(({ words, folder: from }) =>
      words
        .filter((word, at) => !word.startsWith('-') && words[at - 1] !== '-m')
        .map((word) => absolutePath(word, from)),
    );
  const below = [...new Set(made)].filter(
    (path) =>
      path.startsWith(`${folder}/`) && PLAIN_PATH.test(path) && !isIgnored(path.slice(folder.length + 1), runtime),
  );
  return below.slice(0, MAX_FOLDERS).filter((path) => !copies.some(({ into }) => isWithin(into, path)));
}

/** Returns the image's Debian or Ubuntu release, if it is not {@link DEBIAN_VERSION}: package names may differ. */
function olderDistroOf({ verdict }: AuditedImage): string | undefined {
  const { id = '', version = '' } = verdict.distro?.value ?? {};
  const isSame = id === 'debian' && (version === '' || version.split('.', 1)[0] === DEBIAN_VERSION);
  return !isSame && (id === 'debian' || id === 'ubuntu') ? `${id} ${version}`.trim() : undefined;
}

/** Returns the build tool whose plugin of Jib built the image. Jib writes the plugin's name into each step. */
function jibOf({ steps }: ImageView): DockerfileFacts['jib'] {
  const plugins = steps.flatMap(({ verb, args }) =>
    verb === 'OTHER' ? (/^jib-(gradle|maven)-/.exec(args)?.[1] ?? []) : [],
  );
  return plugins.at(-1) as DockerfileFacts['jib'];
}

/** Words before the program: shells and init programs, and what may follow them. */
const STARTERS = /^(?:(?:ba|a|da|z)?sh|-c|tini|dumb-init|--|exec)$/;

function programOf({
  entrypoint,
  cmd,
}: Start): Pick<DockerfileFacts, 'program' | 'programArgs' | 'isEntrypoint' | 'script'> {
  const ofEntrypoint = programIn(entrypoint);
  const start = ofEntrypoint ?? programIn(cmd) ?? { program: 'app', programArgs: [] };
  const script = [...entrypoint, ...cmd].find((word) => isScript(word) && /^[\w./-]+$/.test(word));
  return { ...start, isEntrypoint: ofEntrypoint !== undefined, script };
}

function mayNeedBash({ entrypoint, cmd }: Start, distro: string | undefined): boolean {
  const words = [...entrypoint, ...cmd];
  // A shell alone is to work in, as in the images of compilers.
  if (words.length === 1 && SHELL.test(words[0] ?? '')) return false;
  return words.some((word) => baseName(word) === 'bash' || (isScript(word) && distro !== 'alpine'));
}

/** Returns the program that a command starts, with its arguments; undefined if there is none, or a script hides it. */
function programIn(words: readonly string[]): Pick<DockerfileFacts, 'program' | 'programArgs'> | undefined {
  const at = words.findIndex((word) => !STARTERS.test(baseName(word)) && !isScript(word));
  const program = baseName(words[at] ?? '');
  if (!/^[\w.-]+$/.test(program)) return undefined;
  return { program, programArgs: withoutSecret(words).slice(at + 1) };
}

/** Returns all arguments of the program, including those from the command if the entrypoint names the program. */
export function argsOf({ programArgs, isEntrypoint, cmd }: DockerfileFacts): readonly string[] {
  return isEntrypoint ? [...programArgs, ...cmd] : programArgs;
}
