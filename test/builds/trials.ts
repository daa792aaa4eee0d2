/** One program that is built fat, advised on, and built again by the Dockerfile that the advice came with. */
export interface Trial {
  readonly name: string;
  /** Under apps/, laid over one another. */
  readonly folders: readonly string[];
  /** The fat one. */
  readonly dockerfile: string;
  /** Public images that either build starts from. */
  readonly bases: readonly string[];
  readonly goal: string;
  /** Where the program answers, and with what. */
  readonly port: number;
  readonly answers: string;
}

const NODE = ['docker.io/library/node:24', 'docker.io/library/node:24-trixie-slim'];
const GO = ['docker.io/library/golang:1.26', 'docker.io/library/golang:1.26-alpine3.24'];
/** Slim bases are what all of these come with: no goal drives them further. */
const goal = '50%';
const orders = { bases: NODE, goal, port: 3000, answers: '{"status":"ready"}' };

export const TRIALS: readonly Trial[] = [
  { ...orders, name: 'Node.js, npm', folders: ['node'], dockerfile: 'Dockerfile' },
  { ...orders, name: 'Node.js, pnpm', folders: ['node', 'node-pnpm'], dockerfile: 'Dockerfile.pnpm' },
  { ...orders, name: 'Node.js, yarn', folders: ['node', 'node-yarn'], dockerfile: 'Dockerfile.yarn' },
  { name: 'Next.js', folders: ['next'], dockerfile: 'Dockerfile', bases: NODE, goal, port: 3000, answers: 'ready' },
  {
    name: 'Python, FastAPI',
    folders: ['fastapi'],
    dockerfile: 'Dockerfile',
    bases: ['docker.io/library/python:3.11', 'docker.io/library/python:3.11-slim-trixie'],
    goal,
    port: 8000,
    answers: '{"status":"ready"}',
  },
  {
    name: 'Go, distroless',
    folders: ['go'],
    dockerfile: 'Dockerfile',
    bases: [...GO, 'gcr.io/distroless/static-debian13:nonroot'],
    goal: '95%',
    port: 8080,
    answers: 'ready',
  },
  {
    name: 'Go, scratch',
    folders: ['go'],
    dockerfile: 'Dockerfile',
    bases: GO,
    goal: '5MB',
    port: 8080,
    answers: 'ready',
  },
];
