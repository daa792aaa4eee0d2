import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidReferenceError, SettingsError } from '../../../../src/errors.ts';
import { parseRegistryHost } from '../../../../src/oci/reference.ts';
import {
  ecrLocationOf,
  ecrRegistryHost,
  ecrRepositoryArn,
  findEcrLocation,
  parseAccount,
  parseRegion,
} from '../../../../src/registry/ecr/hosts.ts';

const account = '123456789012';

describe('the host of a registry', () => {
  test.each([
    ['eu-west-1', '123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'aws'],
    ['cn-north-1', '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'aws-cn'],
    ['us-gov-west-1', '123456789012.dkr.ecr.us-gov-west-1.amazonaws.com', 'aws-us-gov'],
    ['eusc-de-east-1', '123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu', 'aws-eusc'],
    ['us-iso-east-1', '123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov', 'aws-iso'],
    ['us-isob-east-1', '123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov', 'aws-iso-b'],
  ])('in %s is %s, in partition %s', (region, host, partition) => {
    expect(ecrRegistryHost({ account, region })).toBe(host);
    expect(findEcrLocation(host)).toEqual({ account, region });
    expect(ecrRepositoryArn({ account, region }, 'shop/api')).toBe(
      `arn:${partition}:ecr:${region}:${account}:repository/shop/api`,
    );
  });

  test('is parsed back to its account and region', () => {
    const accounts = fc.stringMatching(/^[0-9]{12}$/);
    const regions = fc.stringMatching(/^(us|eu|ap|cn|us-gov|eusc-de)-(north|south|east|west|central)-[1-9]$/);
    fc.assert(
      fc.property(accounts, regions, (account, region) => {
        expect(ecrLocationOf(ecrRegistryHost({ account, region }))).toEqual({ account, region });
      }),
    );
  });

  test.each([
    '123456789012.dkr.ecr-fips.us-east-1.amazonaws.com',
    '123456789012.dkr-ecr.us-east-1.on.aws',
    '123456789012.dkr-ecr-fips.us-east-1.on.aws',
  ])('may be %s too', (host) => {
    expect(findEcrLocation(host)).toEqual({ account, region: 'us-east-1' });
  });

  test.each([
    'registry.example.com',
    'public.ecr.aws',
    '123456789012.dkr.ecr.us-east-1.amazonaws.com.example.com',
    '123456789012.dkr.ecr.cn-north-1.amazonaws.com',
    '12345.dkr.ecr.us-east-1.amazonaws.com',
    'x123456789012.dkr.ecr.us-east-1.amazonaws.com',
  ])('is not %s', (host) => {
    expect(findEcrLocation(host)).toBeUndefined();
    expect(() => ecrLocationOf(parseRegistryHost(host))).toThrow(InvalidReferenceError);
  });
});

test.each(['', 'eu-west', 'EU-WEST-1', 'eu-west-1.example.com', 'eu-west-1/x', 'global'])(
  '"%s" is refused as a region',
  (text) => {
    expect(() => parseRegion(text)).toThrow(SettingsError);
  },
);

test.each(['', '12345678901', '1234567890123', '12345678901x'])('"%s" is refused as an account', (text) => {
  expect(() => parseAccount(text)).toThrow(SettingsError);
});

test('the ARN of a repository has a wildcard for an unknown account', () => {
  expect(ecrRepositoryArn({ region: 'eu-west-1' }, '*')).toBe('arn:aws:ecr:eu-west-1:*:repository/*');
});
