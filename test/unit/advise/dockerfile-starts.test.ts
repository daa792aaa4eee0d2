import { expect, test } from 'vitest';
import { withExec } from '../../../src/advise/dockerfile/exec-form.ts';
import { goRun } from '../../../src/advise/dockerfile/go.ts';
import { jsonWords } from '../../../src/advise/dockerfile/lines.ts';
import { startNeedsShell } from '../../../src/advise/start.ts';
import type { BaseTechniqueId } from '../../../src/advise/technique.ts';
import { viewImage } from '../../../src/policy/image-view.ts';
import { auditedImage, type ImageSketch } from '../../support/audited-image.ts';
import { copy, dockerfile, instructionsOf, run } from '../../support/dockerfiles.ts';

type Config = NonNullable<ImageSketch['config']>;

/** Returns the lines of the last stage that start the program. */
function startOf(sketch: ImageSketch, base?: BaseTechniqueId): readonly string[] {
  return instructionsOf(dockerfile(sketch, base)).filter((line) => /^(?:ENTRYPOINT|CMD) /.test(line));
}

const START_PROD = ['CMD ["npm", "run", "start:prod", "--", "--port=80"]'];
const NEXT_START = 'CMD ["npx", "next", "start", "-p", "80"]';

test.each<[string, Config, readonly string[], BaseTechniqueId?]>([
  [
    'the entrypoint of images without a shell',
    { Entrypoint: ['/nodejs/bin/node'], Cmd: ['dist/main.js'] },
    ['CMD ["dist/main.js"]'],
    'distroless-base',
  ],
  [
    'the same on a distribution',
    { Entrypoint: ['/nodejs/bin/node'], Cmd: ['dist/main.js'] },
    ['ENTRYPOINT ["node"]', 'CMD ["dist/main.js"]'],
  ],
  [
    'options and arguments',
    { Entrypoint: ['node', '--enable-source-maps'], Cmd: ['dist/main.js', '--port=3000'] },
    ['CMD ["--enable-source-maps", "dist/main.js", "--port=3000"]'],
    'distroless-base',
  ],
  ['a script by pnpm', { Cmd: ['pnpm', 'start'] }, ['CMD ["npm", "start"]']],
  [
    'a script by pnpm, with arguments',
    { Entrypoint: ['pnpm', 'run', 'start:prod', '--port=80'] },
    ['ENTRYPOINT ["npm", "run", "start:prod", "--", "--port=80"]'],
  ],
  ['a script that follows the entrypoint', { Entrypoint: ['yarn'], Cmd: ['start'] }, ['CMD ["npm", "start"]']],
  [
    'a script that follows the entrypoint, with arguments',
    { Entrypoint: ['pnpm', 'run'], Cmd: ['start:prod', '--port=80'] },
    START_PROD,
  ],
  ['a package by pnpm', { Cmd: ['pnpm', '--filter', 'api', 'start'] }, ['CMD ["pnpm", "--filter", "api", "start"]']],
  ['a script by yarn', { Cmd: ['yarn', 'start:prod', '--port=80'] }, START_PROD],
  [
    'a script by yarn, with the arguments of a command',
    { Entrypoint: ['yarn', 'start'], Cmd: ['--port', '80'] },
    ['ENTRYPOINT ["npm", "start", "--"]', 'CMD ["--port", "80"]'],
  ],
  [
    'a package by yarn',
    { Cmd: ['yarn', 'workspace', '@acme/api', 'run', 'start'] },
    ['CMD ["npm", "start", "-w", "@acme/api"]'],
  ],
  ['a dependency by pnpm', { Cmd: ['pnpm', 'next', 'start', '-p', '80'] }, [NEXT_START]],
  ['a dependency by yarn', { Cmd: ['yarn', 'exec', 'next', 'start', '-p', '80'] }, [NEXT_START]],
  ['a script that is named like a program of others', { Cmd: ['yarn', 'serve'] }, ['CMD ["npm", "run", "serve"]']],
  ['Node.js by yarn', { Cmd: ['yarn', 'node', 'x.js'] }, ['CMD ["node", "x.js"]']],
  ['the path of a package', { Cmd: ['/usr/bin/node', 'x.js'] }, ['CMD ["node", "x.js"]']],
  ['a program of its own', { Cmd: ['/app/bin/www'] }, ['CMD ["/app/bin/www"]']],
])('Node.js starts as before: %s', (_, config, start, base) => {
  expect(startOf({ runtime: 'node', config }, base)).toEqual(start);
});

test.each<[readonly string[], readonly string[], readonly string[], BaseTechniqueId?]>([
  [
    ['java', '-Xmx2g', '-Dspring.profiles.active=prod', '-jar', '/app.jar', '--server.port=9000'],
    [],
    ['ENTRYPOINT ["java", "-Xmx2g", "-Dspring.profiles.active=prod", "-jar", "/app/app.jar", "--server.port=9000"]'],
    'distroless-base',
  ],
  [
    ['java'],
    ['-Xmx2g', '-jar', '/app.jar', '--spring.profiles.active=prod'],
    ['ENTRYPOINT ["java", "-Xmx2g", "-jar", "/app/app.jar"]', 'CMD ["--spring.profiles.active=prod"]'],
  ],
  [
    ['/usr/bin/java', '-jar'],
    ['app.jar'],
    ['ENTRYPOINT ["java", "-XX:MaxRAMPercentage=75", "-jar", "/app/app.jar"]'],
    'distroless-base',
  ],
  [
    ['java', '-Xmx1g', '-jar', 'app.jar', '--a'],
    ['--b'],
    ['ENTRYPOINT ["java", "-Xmx1g", "-jar", "/app/app.jar", "--a"]', 'CMD ["--b"]'],
    'alpine-base',
  ],
])('Java starts as before: %j, %j', (Entrypoint, Cmd, start, base) => {
  expect(startOf({ runtime: 'java', config: { Entrypoint, Cmd } }, base)).toEqual(start);
});

test.each<[Config, readonly string[]]>([
  [{ Cmd: ['uv', 'run', '--frozen', 'uvicorn', 'app:app'] }, ['CMD ["uvicorn", "app:app"]']],
  [{ Cmd: ['uv', 'run', 'main.py'] }, ['CMD ["python", "main.py"]']],
  [{ Entrypoint: ['uv', 'run'], Cmd: ['main.py', '--debug'] }, ['CMD ["python", "main.py", "--debug"]']],
  [{ Entrypoint: ['/entrypoint.sh'], Cmd: ['poetry', 'run', 'api'] }, ['ENTRYPOINT ["/entrypoint.sh"]', 'CMD ["api"]']],
  [{ Cmd: ['/usr/local/bin/python', 'main.py'] }, ['CMD ["python", "main.py"]']],
  [{ Cmd: ['/usr/local/bin/gunicorn', 'app:app'] }, ['CMD ["gunicorn", "app:app"]']],
  [{ Entrypoint: ['/usr/bin/python3', 'main.py'] }, ['ENTRYPOINT ["python3", "main.py"]']],
  [{ Cmd: ['python3.8', 'main.py'] }, ['CMD ["python", "main.py"]']],
  [{ Cmd: ['/root/.local/bin/uvicorn', 'app:app'] }, ['CMD ["uvicorn", "app:app"]']],
  [{ Cmd: ['/venv/bin/gunicorn', 'app:app'] }, ['CMD ["gunicorn", "app:app"]']],
  [{ Entrypoint: ['/app/.venv/bin/python', '-m', 'app'] }, ['ENTRYPOINT ["python", "-m", "app"]']],
  [{ Cmd: ['/app/bin/serve'] }, ['CMD ["/app/bin/serve"]']],
  [
    { Cmd: ['sh', '-c', 'poetry run alembic upgrade head && exec uv run --no-sync main.py --reload; uv running'] },
    ['CMD ["sh", "-c", "alembic upgrade head && exec python main.py --reload; uv running"]'],
  ],
  [
    { Entrypoint: ['/usr/bin/tini', '--'], Cmd: ['python', 'main.py'] },
    ['ENTRYPOINT ["tini", "--"]', 'CMD ["python", "main.py"]'],
  ],
])('Python starts from its environment: %j', (config, start) => {
  expect(startOf({ runtime: 'python', config })).toEqual(start);
});

test.each<[string, string]>([
  ['gunicorn -b 0.0.0.0:$PORT app:app', 'exec gunicorn -b 0.0.0.0:$PORT app:app'],
  [`node server.js --port "\${PORT:-3000}"`, `exec node server.js --port "\${PORT:-3000}"`],
  ['cd /srv && migrate; serve --env $ENV', 'cd /srv && migrate; exec serve --env $ENV'],
])('a shell hands over to the last command of its script: %s', (script, started) => {
  for (const shell of ['/bin/sh', 'bash', 'zsh', '/usr/local/bin/bash'])
    expect(withExec([shell, '-c', script])).toEqual([shell, '-c', started]);
});

test.each([
  'exec serve',
  'A=$B serve',
  'migrate || serve $X',
  'serve $X &',
  'serve $X | tee log',
  'if $X; then serve; fi',
  "echo 'a && b' && serve",
  'export A=1; cd $X',
  'serve $(hostname)',
  '(serve $X)',
  'serve\nserve $X',
  'find . -name old -exec rm {} \\; && serve $X',
  'echo a \\; serve $X',
  '',
])('other scripts stay as they are: %s', (script) => {
  expect(withExec(['sh', '-c', script])).toEqual(['sh', '-c', script]);
  expect(withExec(['serve', '-c', 'app $X'])).toEqual(['serve', '-c', 'app $X']);
});

test('a script that starts the program needs to do without the tool that the last stage lacks', () => {
  const sketch: ImageSketch = { runtime: 'python', own: [run('uv sync --frozen')], config: { Cmd: ['/start.sh'] } };
  expect(dockerfile(sketch)).toContain('# This stage has no uv: if start.sh calls it, name what it runs instead.\n');
});

test.each<[string, string | undefined]>([
  ['run uvicorn app:app', 'uvicorn app:app'],
  ['run --extra web -p 3.12 --no-dev gunicorn --bind :80', 'gunicorn --bind :80'],
  ['run --env-file=.env -m app --verbose', 'python -m app --verbose'],
  ['--directory /srv run -- serve --x', 'serve --x'],
  ['run python main.py', 'python main.py'],
  ['run', undefined],
  ['run --', undefined],
  ['sync --frozen', undefined],
])('a runner is replaced by what it runs: %s', (words, started) => {
  const [start] = startOf({ runtime: 'python', config: { Cmd: ['uv', ...words.split(' ')] } });
  expect(start).toBe(`CMD ${jsonWords((started ?? `uv ${words}`).split(' '))}`);
});

test.each<[string, readonly string[], readonly string[]]>([
  ['go run main.go', [], [' -o /out/app .\n', 'ENTRYPOINT ["/usr/local/bin/app"]']],
  ['go run ./cmd/api --port 80', [], [' -o /out/app ./cmd/api\n', 'ENTRYPOINT ["/usr/local/bin/app", "--port", "80"]']],
  ['/api', ['go build -o app . && go build -tags prod -o /api ./cmd/api'], ['-tags=prod', '-o /out/api ./cmd/api\n']],
  ['/api', ["go build -tags 'json prod' -o /api ."], ['-trimpath -tags=json,prod -ldflags']],
  ['./app', ['go build -tags prod app'], ['-trimpath -tags=prod -ldflags="-s -w" -o /out/app .\n']],
  ['./app', ['go build -o app ./cmd/app', 'go install example.com/goose/cmd/goose'], ['-o /out/app ./cmd/app\n']],
  [
    './app',
    [
      'go build -ldflags="-w -X main.version=1.2 -X=main.commit=\x24{GIT_SHA} -X \'a.b/c.BuildTime=$(date -u)\'" -o app',
    ],
    [
      '# Give these to the build, as --build-arg.\nARG GIT_SHA\nARG BUILD_TIME\nRUN',
      '-ldflags="-s -w -X main.version=1.2 -X main.commit=$GIT_SHA -X a.b/c.BuildTime=$BUILD_TIME" -o',
    ],
  ],
  [
    './app',
    ['go build -ldflags "-X main.apiToken=$T -X main.v=ghp_16C7e42F292c6912E7710c838347Ae178B4a" -o app'],
    ['="-s -w" -o'],
  ],
  ['/x', ['go build ./cmd/app', 'go install example.com/goose@latest'], ['-o /out/x ./cmd/app\n']],
  [
    'air -c .air.toml',
    ['go install github.com/air-verse/air@latest'],
    ['-o /out/app .', 'ENTRYPOINT ["/usr/local/bin/app"]\n'],
  ],
])('Go builds what the image starts: %s %j', (Cmd, scripts, parts) => {
  const text = dockerfile({ runtime: 'go', own: scripts.map(run), config: { Cmd: Cmd.split(' ') } });
  for (const part of parts) expect(text).toContain(part);
});

test.each([
  ['cargo run --release', '# Replace "app" with', 'release/app /out/app\n', 'ENTRYPOINT ["/usr/local/bin/app"]'],
  [
    'cargo run -F x --bin api -- --port 80',
    'release/api /out/api\n',
    'ENTRYPOINT ["/usr/local/bin/api", "--port", "80"]',
  ],
  ['cargo run --bin api -p shop', 'release/api /out/api\n', 'ENTRYPOINT ["/usr/local/bin/api"]'],
  ['cargo run --bin=api --release', 'release/api /out/api\n', 'ENTRYPOINT ["/usr/local/bin/api"]'],
  ['cargo run --package shop', 'release/shop /out/shop\n', 'ENTRYPOINT ["/usr/local/bin/shop"]'],
])('Rust builds what the image starts: %s', (Cmd, ...parts) => {
  const text = dockerfile({ runtime: 'rust', config: { Cmd: Cmd.split(' ') } });
  for (const part of parts) expect(text).toContain(part);
});

test.each<[readonly string[], boolean]>([
  [['fastapi', 'run', '--port', '80'], true],
  [['gunicorn', '--bind=0.0.0.0:80', 'app:app'], true],
  [['streamlit', 'run', 'app.py', '--server.port=443'], true],
  [['gunicorn', '-b', ':80', 'app:app'], true],
  [['server', '--urls', 'http://*:80/'], true],
  [['server', '--upstream', 'http://backend:80', '--at', '10:30'], false],
  [['gunicorn', '--timeout', '120', '--bind', '0.0.0.0:8000', 'app:app'], false],
])('a port that only root may bind is noted, also if only the command names it: %j', (Cmd, isNoted) => {
  expect(dockerfile({ runtime: 'python', config: { Cmd } }).includes('ports below 1024')).toBe(isNoted);
});

test.each<[readonly string[], boolean]>([
  [['pnpm', '--filter', 'api', 'start'], true],
  [['/bin/sh', '-c', 'prepare && pnpm start'], true],
  [['pnpm', 'start'], false],
  [['node', 'node_modules/.pnpm/node_modules/next/server.js'], false],
])('a start by pnpm, which the last stage lacks, is noted: %j', (Cmd, isNoted) => {
  expect(dockerfile({ runtime: 'node', config: { Cmd } }).includes('has no pnpm')).toBe(isNoted);
});

test.each<[string, string, string, boolean]>([
  ['yarn 1', 'yarn install', '24.1.0', false],
  ['yarn 1, which images since Node.js 26 do without', 'yarn install', '26.1.0', true],
  ['a later yarn', 'yarn install --immutable', '24.1.0', true],
  ['a later yarn from Corepack', 'corepack prepare yarn@4.1.0 --activate && yarn install', '24.1.0', true],
])('a shell that starts yarn is noted if the last stage lacks it: %s', (_, script, runtimeVersion, isNoted) => {
  const config = { Cmd: ['/bin/sh', '-c', 'prepare && yarn start'] };
  const text = dockerfile({ runtime: 'node', runtimeVersion, own: [run(script)], config });
  expect(text.includes('has no yarn')).toBe(isNoted);
});

test.each([
  [['npm', 'run', 'dev'], true],
  [['npx', 'nodemon', 'server.js'], true],
  [['ng', 'serve', '--host', '0.0.0.0'], true],
  [['npm', 'run', 'preview'], true],
  [['npx', 'vite', '--host'], true],
  [['node', 'dev.js'], false],
])('a start of a development tool is noted, and keeps its packages: %j', (Cmd, isNoted) => {
  const text = dockerfile({ runtime: 'node', config: { Cmd } });
  expect(text.includes('a tool of development')).toBe(isNoted);
  expect(text.includes('npm prune --omit=dev')).toBe(!isNoted);
  expect(text.includes('COPY --from=build --chown=node:node /app /app')).toBe(isNoted);
});

test.each([
  [['java', '-cp', '/app/*', 'com.example.Main'], true],
  [['/opt/shop/bin/shop'], true],
  [['java', '-jar', 'app.jar'], false],
  [['java', 'org.springframework.boot.loader.launch.JarLauncher'], false],
  [['./mvnw', 'spring-boot:run'], false],
  [[], false],
])('a start without a jar is noted: %j', (Cmd, isNoted) => {
  expect(dockerfile({ runtime: 'java', config: { Cmd } }).includes('starts no jar')).toBe(isNoted);
});

test('a folder that Quarkus builds is noted', () => {
  const own = [copy('--from=build /src/target/quarkus-app/lib/ /deployments/lib/')];
  const text = dockerfile({ runtime: 'java', own, config: { Cmd: ['java', '-jar', 'quarkus-run.jar'] } });
  expect(text).toContain('# Quarkus builds a folder: copy target/quarkus-app instead');
});

test("a start by Plug'n'Play keeps it", () => {
  const own = [run('yarn install --immutable')];
  const config = { Cmd: ['node', '-r', './.pnp.cjs', 'server.js'] };
  expect(dockerfile({ runtime: 'node', own, config })).not.toContain('YARN_NODE_LINKER');
});

test('PHP stays in the folder that its web server knows', () => {
  const own = [copy('. .')];
  expect(dockerfile({ runtime: 'php', own, config: { WorkingDir: '/app' } })).toContain('WORKDIR /app\nCOPY --from');
  expect(dockerfile({ runtime: 'php', own })).toContain('WORKDIR /var/www/html\nCOPY --from');
});

test.each([
  ['run -tags prod -race a.go b.go x.txt', '-tags prod -race a.go b.go', 'x.txt'],
  ['run . serve', '.', 'serve'],
])("what follows the sources is the program's: go %s", (words, build, args) => {
  expect(goRun(words.split(' '))).toEqual({ build: build.split(' '), args: args.split(' ') });
  expect(goRun(['build', '.'])).toBeUndefined();
  expect(goRun(['run', '-race'])).toBeUndefined();
});

test.each<[Config, readonly string[]]>([
  [{ Cmd: ['/usr/bin/supervisord', '-n'] }, ['# The image starts more than PHP', 'CMD ["/usr/bin/supervisord", "-n"]']],
  [{ Entrypoint: ['/start.sh'] }, ['# The image is started by start.sh', 'ENTRYPOINT ["/start.sh"]']],
  [
    { Entrypoint: ['/start.sh'], Cmd: ['php-fpm'] },
    ['# The image is started by start.sh', 'ENTRYPOINT ["/start.sh"]\nCMD ["php-fpm"]'],
  ],
  [{ Cmd: ['php-fpm8.2', '-F'] }, ['USER 33:33\nCMD ["php-fpm"]']],
  [{}, ['USER 33:33\nCMD ["php-fpm"]']],
])('PHP keeps what else is started: %j', (config, parts) => {
  const text = dockerfile({ runtime: 'php', config });
  for (const part of parts) expect(text).toContain(part);
});

test('a supervisor is started with a note that it must do without root', () => {
  expect(dockerfile({ runtime: 'python', config: { Cmd: ['supervisord', '-n'] } })).toContain(
    '# supervisord starts other programs: make sure that all of them run without root.\nCMD ["supervisord", "-n"]',
  );
});

const SECOND = 1_000_000_000;

test.each<[ImageSketch['runtime'], BaseTechniqueId, Config, string]>([
  [
    'python',
    'slim-base',
    { Healthcheck: { Test: ['CMD', '/usr/local/bin/python', 'health.py'], Interval: 30 * SECOND, Retries: 3 } },
    'HEALTHCHECK --interval=30s --retries=3 CMD ["python", "health.py"]\n',
  ],
  [
    'go',
    'scratch-base',
    { Cmd: ['/app'], Healthcheck: { Test: ['CMD', '/app', 'health'], Timeout: SECOND / 2 } },
    'HEALTHCHECK --timeout=500ms CMD ["/usr/local/bin/app", "health"]\nENTRYPOINT',
  ],
  [
    'node',
    'distroless-base',
    { Cmd: ['node', 'x.js'], Healthcheck: { Test: ['CMD-SHELL', 'node health.js'] } },
    'HEALTHCHECK CMD ["/nodejs/bin/node", "health.js"]\nCMD ["x.js"]',
  ],
  [
    'node',
    'distroless-base',
    { Healthcheck: { Test: ['CMD-SHELL', 'curl -f "localhost:$PORT" || exit 1'] } },
    'USER 1000:1000\n# This base has no curl: install it, or check in another way.\nHEALTHCHECK CMD curl -f "localhost:$PORT" || exit 1\n',
  ],
  [
    'go',
    'scratch-base',
    { Cmd: ['/app'], Healthcheck: { Test: ['CMD-SHELL', 'curl localhost || exit 1'] } },
    'FROM debian:trixie-slim\nCOPY',
  ],
  [
    'java',
    'alpine-base',
    { Healthcheck: { Test: ['CMD-SHELL', 'wget -q -O- localhost || exit 1'] } },
    '10001\nHEALTHCHECK CMD wget -q',
  ],
  [
    'php',
    'slim-base',
    { Healthcheck: { Test: ['CMD-SHELL', 'true\nRUN evil'] } },
    '# The image has a HEALTHCHECK that could not be copied: add it here.\nCMD',
  ],
  [
    'ruby',
    'slim-base',
    { Healthcheck: { Test: ['CMD', 'check', '--api_key=hunter2hunter2'] } },
    '# The image has a HEALTHCHECK that could not be copied: add it here.\nCMD',
  ],
])('%s on %s: its health is checked as before, %j', (runtime = 'none', base, config, lines) => {
  expect(dockerfile({ runtime, config }, base)).toContain(lines);
});

test('a health check in shell form needs a shell', () => {
  const needs = (Test: readonly string[]) =>
    startNeedsShell(viewImage(auditedImage({ config: { Cmd: ['/app'], Healthcheck: { Test } } })), 'go');
  expect(needs(['CMD-SHELL', 'wget -q localhost || exit 1'])).toBe(true);
  expect(needs(['CMD', 'curl', 'localhost'])).toBe(true);
  expect(needs(['CMD-SHELL', '/app health'])).toBe(false);
  expect(needs(['NONE'])).toBe(false);
});

test.each([
  ['/app', './start.sh', 'chmod +x start.sh'],
  ['/app', '/app/start.sh', 'chmod 755 /app/start.sh'],
  ['/app/src', '/app/start.sh', 'chmod +x /app/start.sh'],
  ['/app/src', '../start.sh', 'chmod -R +x /app'],
  ['/app', './start.sh', 'chmod +x *.sh'],
])('a script among the sources is made executable as the image does: in %s %s', (WorkingDir, script, chmod) => {
  const config = { WorkingDir, Entrypoint: [script] };
  const text = dockerfile({ runtime: 'python', own: [copy('. /app'), run(chmod)], config });
  expect(text).toContain(`COPY --chmod=0755 start.sh /app/start.sh\nENTRYPOINT ["${script}"]`);
});

test.each([
  ['Maven', 'java', '/usr/local/bin/mvn-entrypoint.sh'],
  ["Red Hat's Node.js", 'node', 'container-entrypoint'],
] as const)('the entrypoint script of a base is not asked for: %s', (_, runtime, script) => {
  const text = dockerfile({ runtime, config: { Entrypoint: [script], Cmd: ['server'] } });
  expect(text).not.toContain(script);
});

test.each(['./start.sh', '/app/start.sh', 'bin/start.sh'])(
  'a script among the sources is not copied once more: %s',
  (script) => {
    const text = dockerfile({ runtime: 'node', config: { WorkingDir: '/app', Entrypoint: [script] } });
    expect(instructionsOf(text).filter((line) => line.includes('start.sh'))).toEqual([`ENTRYPOINT ["${script}"]`]);
    expect(text).not.toContain('copy it here');
  },
);

test('a package of the project that starts it is not installed for all', () => {
  const text = dockerfile({
    runtime: 'node',
    own: [run('npm install pm2')],
    config: { Cmd: ['pm2-runtime', 'app.json'] },
  });
  expect(text).not.toContain('npm install -g');
});

test.each<[readonly string[], string]>([
  [['dotnet', 'out/Shop.dll', '--seed'], 'CMD ["dotnet", "Shop.dll", "--seed"]'],
  [['/publish/Shop', '--seed'], 'CMD ["./Shop", "--seed"]'],
  [
    ['dotnet', 'run', '--project', 'src/Web/Web.csproj', '--', '--seed'],
    'ENTRYPOINT ["dotnet", "Web.dll"]\nCMD ["--seed"]',
  ],
  [
    ['dotnet', 'run', '-c', 'Release', '--no-launch-profile', '--project', 'src/Web', '--urls', 'http://+:5000'],
    'ENTRYPOINT ["dotnet", "Web.dll"]\nCMD ["--urls", "http://+:5000"]',
  ],
])('.NET starts from the folder that it is published to: %j', (Cmd, lines) => {
  expect(dockerfile({ runtime: 'dotnet', config: { Cmd } })).toContain(`USER 1654\n${lines}\n`);
});

test('a .NET program without a start is named after its project', () => {
  const own = [run('dotnet publish src/Web/Web.csproj -o /out')];
  expect(dockerfile({ runtime: 'dotnet', own })).toContain('ENTRYPOINT ["dotnet", "Web.dll"]\n');
});

test.each([
  ['launch.JarLauncher', 'RUN java -Djarmode=tools -jar /app.jar extract --layers --launcher --destination /layers\n'],
  ['JarLauncher', 'RUN java -Djarmode=layertools -jar /app.jar extract --destination /layers\n'],
])("the layers of Spring Boot's jar stay layers, so that releases share them: %s", (name, extraction) => {
  const launcher = `org.springframework.boot.loader.${name}`;
  const text = dockerfile({ runtime: 'java', config: { Entrypoint: ['java', '-Xmx1g', launcher], Cmd: ['--debug'] } });
  expect(text).toContain(extraction);
  expect(text).toContain(
    [
      'COPY --from=build /layers/dependencies/ ./',
      'COPY --from=build /layers/spring-boot-loader/ ./',
      'COPY --from=build /layers/snapshot-dependencies/ ./',
      'COPY --from=build /layers/application/ ./',
      'USER 10001',
      `ENTRYPOINT ["java", "-Xmx1g", "${launcher}"]`,
      'CMD ["--debug"]',
      '',
    ].join('\n'),
  );
});

test("a launcher of Spring Boot with a class path starts the jar instead: it names the image's own folders", () => {
  const Cmd = ['java', '-cp', '/srv/app', 'org.springframework.boot.loader.launch.JarLauncher'];
  const text = dockerfile({ runtime: 'java', config: { Cmd } });
  expect(text).toContain('COPY --from=build /app.jar app.jar\n');
  expect(text).not.toContain('/layers');
});
