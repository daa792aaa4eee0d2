import { flagOf } from '../common/flags.ts';
import { PACKAGE_VERSION } from '../package-version.ts';
import type { ReportKind } from '../report/kinds/kind.ts';
import { KINDS } from '../report/kinds/kinds.ts';
import { leaderboard } from '../report/leaderboard.ts';
import { leaderboardColumns } from '../report/leaderboard-columns.ts';
import { GROUPINGS, METRICS } from '../report/names.ts';
import { type Column, type ColumnType, REPORT_SCHEMA } from '../report/report.ts';
import { API_FORMATS, contentTypeOf } from './answer-report.ts';
import { FILTER_PARAMETERS, filterParametersOf, MAX_VALUE_LENGTH } from './report-query.ts';

type Json = { readonly [key: string]: unknown };

/** The OpenAPI document of the API, generated from the reports' columns. @see https://spec.openapis.org/oas/v3.1.0 */
export function openApiDocument(): Json {
  const kinds = Object.values(KINDS) as readonly ReportKind[];
  return {
    openapi: '3.1.0',
    info: {
      title: 'slimboard',
      version: PACKAGE_VERSION,
      description: 'The results of audits of container registries: reports, images, comparisons. Read-only.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1' }],
    security: [{}, { token: [] }],
    paths: {
      '/overview': operation('overview', 'The totals, teams and top lists of the newest audits', {
        schema: objectOf('slimboard.overview/1', OVERVIEW),
      }),
      ...Object.fromEntries(kinds.map((kind) => [`/reports/${kind.name}`, reportOperation(kind)])),
      '/leaderboard': leaderboardOperation(),
      '/images/{digest}': operation(
        'image',
        'One image: its layers, its base image with the evidence for it, findings, slimming plan',
        {
          schema: objectOf('slimboard.image-detail/1', IMAGE),
          parameters: [parameter('digest', 'The digest of the manifest, sha256:…', TEXT, IN_PATH)],
        },
      ),
      '/compare': operation('compare', 'The differences between two stored images: layers, sizes, settings', {
        schema: objectOf('slimboard.comparison/1', COMPARISON),
        parameters: [
          parameter('old', 'The old image: a digest, or REPOSITORY:TAG', TEXT, REQUIRED),
          parameter('new', 'The new image: a digest, or REPOSITORY:TAG', TEXT, REQUIRED),
        ],
      }),
      '/audits/{id}': operation('audit', 'The progress or the result of an audit', {
        schema: objectOf('slimboard.audit/1', AUDIT),
        parameters: [parameter('id', 'The ID of the audit', COUNT, IN_PATH)],
      }),
      '/openapi.json': operation('openapi', 'This description', { schema: { type: 'object' } }),
    },
    components: COMPONENTS,
  };
}

const COMPONENTS: Json = {
  securitySchemes: {
    token: {
      type: 'http',
      scheme: 'bearer',
      description: 'The value of SLIMBOARD_SERVE_TOKEN, if the server has one',
    },
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
};

const TEXT: Json = { type: 'string' };
const COUNT: Json = { type: 'integer' };
const LIST: Json = { type: 'array', items: { type: 'object' } };
const OBJECT: Json = { type: 'object' };

const OVERVIEW: Readonly<Record<string, Json>> = {
  audit: { type: ['object', 'null'], description: 'The newest audit' },
  audits: { ...LIST, description: 'The newest audit of each source, the latest first' },
  totals: OBJECT,
  teams: LIST,
  map: { ...OBJECT, description: 'Stored bytes by registry, team, repository and image' },
  sizes: LIST,
  bases: LIST,
  distros: LIST,
  rules: LIST,
  layers: LIST,
  steps: { ...LIST, description: 'Steps of slimming plans, the largest gain first' },
  growth: { ...LIST, description: 'Repositories that grew, each with its build that grew most' },
  trends: LIST,
  techniques: { ...LIST, description: 'Techniques that builds applied, most bytes saved first' },
};
const IMAGE: Readonly<Record<string, Json>> = {
  digest: TEXT,
  platform: TEXT,
  compressed_bytes: COUNT,
  base_image: { type: ['string', 'null'] },
  base_confidence: { type: ['string', 'null'] },
  base_evidence: { type: ['string', 'null'] },
  plan: LIST,
  layers: LIST,
  findings: LIST,
  places: { ...LIST, description: 'The tags that point to the image' },
  former_place: { type: ['object', 'null'], description: 'The tag that pointed to it last, if none does any more' },
};
const COMPARISON: Readonly<Record<string, Json>> = {
  old: TEXT,
  new: TEXT,
  old_bytes: COUNT,
  new_bytes: COUNT,
  changed_bytes: COUNT,
  kept_bytes: COUNT,
  by_class: LIST,
  layers: LIST,
  settings: { type: 'array', items: TEXT },
};
const AUDIT: Readonly<Record<string, Json>> = {
  id: COUNT,
  status: TEXT,
  stage: TEXT,
  sources: { type: 'array', items: TEXT },
  started_at: { ...TEXT, format: 'date-time' },
  finished_at: { type: ['string', 'null'], format: 'date-time' },
};

/** The schema of an answer that has at least these fields, and a `schema` field with its name and version. */
function objectOf(schema: string, fields: Readonly<Record<string, Json>>): Json {
  const properties = { schema: { const: schema }, ...fields };
  return { type: 'object', required: Object.keys(properties), properties };
}

/** The content types in which reports come besides JSON. */
const OTHER_TYPES: readonly string[] = API_FORMATS.filter((name) => name !== 'json').map(contentTypeOf);

function reportOperation(kind: ReportKind): Json {
  return operation(`report_${kind.name}`, kind.description, {
    schema: reportSchema(kind.columns),
    parameters: [...FILTER_PARAMETERS.map(filterParameter), ...pageParameters(kind.columns)],
    otherTypes: OTHER_TYPES,
  });
}

function filterParameter(name: string): Json {
  return parameter(name, `The same as ${flagOf(name)} on the command line`, TEXT);
}

function leaderboardOperation(): Json {
  const kinds = GROUPINGS.map((by) => leaderboard({ by, metric: 'stored' }));
  const filters = [...new Set(kinds.flatMap(filterParametersOf))].map(filterParameter);
  const columns = leaderboardColumns('team');
  const all = new Map(kinds.flatMap((kind) => kind.columns).map((column) => [column.name, column]));
  return operation('leaderboard', 'A leaderboard of teams, repositories, base images, distributions or runtimes', {
    schema: reportSchema(columns.filter(({ name }) => name !== 'team')),
    parameters: [
      parameter('by', 'What to rank; default: team', { enum: GROUPINGS }),
      parameter('metric', 'The metric to rank by; default: stored', { enum: METRICS }),
      parameter(
        'since',
        'What to compare with for growth and movement: a date, or an age such as 30d; default: the previous audit',
        TEXT,
      ),
      ...filters,
      ...pageParameters([...all.values()]),
    ],
    otherTypes: OTHER_TYPES,
  });
}

function pageParameters(columns: readonly Column[]): readonly Json[] {
  const sorts = columns.flatMap(({ name }) => [name, `-${name}`]);
  return [
    parameter('q', 'Only rows that contain this text in a cell, digests included', {
      type: 'string',
      maxLength: MAX_VALUE_LENGTH,
    }),
    parameter('sort', 'The column to sort by; -COLUMN puts the largest first', { enum: sorts }),
    parameter('limit', 'The largest number of rows; default: 1000 for JSON, all rows for the other formats', {
      type: 'integer',
      minimum: 1,
    }),
    parameter('offset', 'How many rows to skip', { type: 'integer', minimum: 0 }),
    parameter('audit', 'The ID of an audit: the report as of the end of that audit', { type: 'integer' }),
    parameter('format', 'The format of the answer; default: json', { enum: API_FORMATS }),
  ];
}

function parameter(name: string, description: string, schema: Json, use: Json = {}): Json {
  return { name, in: 'query', description, required: false, schema, ...use };
}

const REQUIRED: Json = { required: true };
const IN_PATH: Json = { in: 'path', ...REQUIRED };

interface OperationOptions {
  /** The schema of the JSON answer. */
  readonly schema: Json;
  readonly parameters?: readonly Json[];
  /** Content types of the other formats. */
  readonly otherTypes?: readonly string[];
}

function operation(
  operationId: string,
  summary: string,
  { schema, parameters = [], otherTypes = [] }: OperationOptions,
): Json {
  const error = {
    description: 'The error, with a code and a message',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  };
  const others = Object.fromEntries(otherTypes.map((type) => [type, { schema: TEXT }]));
  return {
    get: {
      operationId,
      summary,
      parameters,
      responses: {
        200: { description: 'The answer', content: { 'application/json': { schema }, ...others } },
        400: error,
        401: error,
        404: error,
        503: error,
        default: error,
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
      schema: { const: REPORT_SCHEMA },
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
