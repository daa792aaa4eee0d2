import { removes, runs } from '../shell.ts';
import { packageCacheRule } from './package-cache.ts';

const MAVEN = ['mvn', 'mvnw', 'mvnd'];
const GOALS = ['package', 'install', 'verify', 'compile', 'deploy', 'dependency:resolve', 'dependency:go-offline'];

export const mavenCache = packageCacheRule({
  id: 'maven-cache',
  areas: ['maven-cache'],
  title: "Maven's local repository stays in a layer",
  remedy: 'build in an earlier stage with a cache mounted on /root/.m2, and copy the jar from it',
  programs: MAVEN,
  fills: (command) => runs(command, MAVEN, GOALS),
  avoids: (command) => removes(command, '.m2'),
  largestShare: 0.95,
});
