import { packageVersion } from '../package-version.ts';
import type { ReportKind } from '../report/kinds/kind.ts';
import { KINDS } from '../report/kinds/kinds.ts';
import { groupColumns, MOVEMENT_COLUMNS } from '../report/leaderboard-columns.ts';
import { GROUPINGS, METRICS } from '../report/names.ts';
import type { Column, ColumnType } from '../report/report.ts';
import { API_FORMATS } from './answer-report.ts';
import { FILTER_PARAMETERS, filtersOf } from './report-query.ts';

type Json = { readonly [key: string]: unknown };

/** The API's description, made of the reports' own columns. @see https://spec.openapis.org/oas/v3.1.0 */
export function openApiDocument(): Json {
  const kinds = Object.values(KINDS) as readonly ReportKind[];
  return {
    openapi: '3.1.0',
    info: {
      title: 'slimboard',
      version: packageVersion(),
      description: 'What audits of container registries found: reports, images, comparisons. Read-only.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1' }],
    security: [{}, { token: [] }],
    paths: {
      '/overview': operation('overview', 'The totals, the teams, and the top lists of the newest audits', {}, []),
      ...Object.fromEntries(kinds.map((kind) => [`/reports/${kind.name}`, reportOperation(kind)])),
      '/leaderboard': leaderboardOperation(),
      '/images/{digest}': operation('image', 'One image: layers, base with its proof, findings, plan', {}, [
        parameter('digest', 'path', 'sha256:…', { type: 'string' }, true),
      ]),
      '/compare': operation('compare', 'What came and went from one stored image to another', {}, [
        parameter('old', 'query', 'A digest, or REPOSITORY:TAG', { type: 'string' }, true),
        parameter('new', 'query', 'A digest, or REPOSITORY:TAG', { type: 'string' }, true),
      ]),
      '/audits/{id}': operation('audit', 'How an audit stands', {}, [
        parameter('id', 'path', 'The number of the audit', { type: 'integer' }, true),
      ]),
    },
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'SLIMBOARD_SERVE_TOKEN, where the server has one' },
      },
      schemas: {
        Error: {
          type: 'object',
          required: ['error'],
          properties: {
            error: {
              type: 'object',
              required: ['code', 'message'],
              properties: { code: { type: 'string' }, message: { type: 'string' } },
            },
          },
        },
      },
    },
  };
}

function reportOperation(kind: ReportKind): Json {
  const filters = filtersOf(kind).map((name) =>
    parameter(FILTER_PARAMETERS[name], 'query', `As --${FILTER_PARAMETERS[name].replace('_', '-')}`, {
      type: 'string',
    }),
  );
  return operation(`report_${kind.name}`, kind.description, reportSchema(kind.columns), [
    ...filters,
    ...pageParameters(kind.columns),
  ]);
}

function leaderboardOperation(): Json {
  const columns = [...groupColumns('team'), ...MOVEMENT_COLUMNS];
  return operation('leaderboard', 'Groups, ranked', reportSchema(columns), [
    parameter('by', 'query', 'What is ranked; default team', { enum: GROUPINGS }),
    parameter('metric', 'query', 'What it is ranked by; default stored', { enum: METRICS }),
    ...pageParameters(columns),
  ]);
}

function pageParameters(columns: readonly Column[]): readonly Json[] {
  const sorts = columns.flatMap(({ name }) => [name, `-${name}`]);
  return [
    parameter('q', 'query', 'Text that a row holds', { type: 'string', maxLength: 300 }),
    parameter('sort', 'query', 'A column, -column for the largest first', { enum: sorts }),
    parameter('limit', 'query', 'How many rows; JSON without it: 1000', { type: 'integer', minimum: 0 }),
    parameter('offset', 'query', 'How many rows to leave out at the beginning', { type: 'integer', minimum: 0 }),
    parameter('audit', 'query', 'As of the end of this audit', { type: 'integer' }),
    parameter('format', 'query', 'Default json', { enum: API_FORMATS }),
  ];
}

function parameter(name: string, place: string, description: string, schema: Json, required = false): Json {
  return { name, in: place, description, required, schema };
}

function operation(operationId: string, summary: string, schema: Json, parameters: readonly Json[]): Json {
  const error = {
    description: 'What is wrong',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  };
  return {
    get: {
      operationId,
      summary,
      parameters,
      responses: {
        200: { description: 'The answer', content: { 'application/json': { schema } } },
        400: error,
        401: error,
        404: error,
        503: error,
      },
    },
  };
}

function reportSchema(columns: readonly Column[]): Json {
  const properties = Object.fromEntries(
    columns.map(({ name, type, description }) => [name, { ...TYPES[type], description }]),
  );
  return {
    type: 'object',
    required: ['schema', 'kind', 'audit', 'rows'],
    properties: {
      schema: { const: 'slimboard.report/1' },
      kind: { type: 'string' },
      audit: { type: ['object', 'null'] },
      rows: { type: 'array', items: { type: 'object', required: columns.map(({ name }) => name), properties } },
    },
  };
}

const TYPES: Readonly<Record<ColumnType, Json>> = {
  text: { type: ['string', 'null'] },
  list: { type: ['string', 'null'] },
  digest: { type: ['string', 'null'] },
  bytes: { type: ['integer', 'null'] },
  integer: { type: ['integer', 'null'] },
  number: { type: ['number', 'null'] },
  percent: { type: ['number', 'null'] },
  money: { type: ['number', 'null'] },
  boolean: { type: ['boolean', 'null'] },
  timestamp: { type: ['string', 'null'], format: 'date-time' },
  date: { type: ['string', 'null'], format: 'date' },
};
