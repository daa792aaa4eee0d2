import { removes, runs } from '../shell.ts';
import { packageCacheRule } from './package-cache.ts';

const GRADLE = ['gradle', 'gradlew'];
const TASKS = ['build', 'assemble', 'bootJar', 'shadowJar', 'installDist', 'jar', 'dependencies'];

export const gradleCache = packageCacheRule({
  id: 'gradle-cache',
  areas: ['gradle-cache'],
  title: "Gradle's caches stay in a layer",
  remedy: 'build in an earlier stage with a cache mounted on /root/.gradle, and copy the jar from it',
  programs: GRADLE,
  fills: (command) => runs(command, GRADLE, TASKS),
  avoids: (command) => removes(command, '.gradle'),
  largestShare: 0.95,
});
