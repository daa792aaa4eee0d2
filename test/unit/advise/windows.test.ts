import { expect, test } from 'vitest';
import { adviseImage } from '../../../src/advise/advise.ts';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { baseFactsOf } from '../../../src/advise/base-facts.ts';
import { generateDockerfile } from '../../../src/advise/dockerfile/generate.ts';
import { techniqueOf } from '../../../src/advise/technique.ts';
import { classifyImage } from '../../../src/classify/classify-image.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { listedImage } from '../../support/listed-image.ts';

const SERVER_CORE = `
  2026-08-01 1700MB Apply image 10.0.20348.1
  2026-08-01 500MB Install update 10.0.20348.2700`;

test.each([
  ['Go', 'ENV GOLANG_VERSION=1.26.1', 'go build -o app.exe .'],
  ['Node.js', 'ENV NODE_VERSION=22.1.0', 'npm install'],
  ['.NET', 'ENV DOTNET_VERSION=4.8', 'msbuild'],
  ['Python', 'ENV PYTHON_VERSION=3.12.1', 'pip install -r requirements.txt'],
])('an image for Windows is moved to no base for Linux: %s', (_, variable, script) => {
  const history = `${SERVER_CORE}
    2026-10-01 - ${variable}
    2026-10-01 260MB RUN cmd /S /C curl -o runtime.zip https://example.com/runtime.zip # buildkit
    2026-10-02 9MB RUN cmd /S /C ${script} # buildkit`;
  const input = listedImage({ history, os: 'windows', osVersion: '10.0.20348.2700' });
  const verdict = classifyImage(input);
  const knowledge = knowledgeOf([]);
  const today = '2026-11-24';
  const image = { ...input, verdict, baseFacts: baseFactsOf(verdict, { bases: [], knowledge, today }) };
  const findings = findingsOf(image);
  const { alone, together, plan } = adviseImage(image, findings, knowledge, { kind: 'reduction', ratio: 0.9 });
  expect(findings.map(({ rule }) => rule)).not.toContain('fat-base');
  expect(
    [...alone, ...together].flatMap(({ techniques }) => techniques).map((id) => techniqueOf(id).kind),
  ).not.toContain('base');
  for (const { projection } of plan) expect(projection.after.min).toBeGreaterThanOrEqual(2_200_000_000);
  expect(generateDockerfile(image, 'slim-base', today).dockerfile).toBeUndefined();
});
