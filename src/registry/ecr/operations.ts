import type * as sdk from '@aws-sdk/client-ecr';

/**
 * Every operation that slimboard may send, with the kind of its IAM resource. All of them only read; the client refuses
 * any other before the request is signed.
 */
export const ECR_OPERATIONS = {
  DescribeRepositories: 'registry',
  DescribeImages: 'repository',
  ListTagsForResource: 'repository',
  BatchGetImage: 'repository',
  GetDownloadUrlForLayer: 'repository',
  GetAccountSetting: 'registry',
  ListPullTimeUpdateExclusions: 'registry',
} as const satisfies Record<string, 'registry' | 'repository'>;

/** An operation of ECR's API that slimboard may send. */
export type EcrOperation = keyof typeof ECR_OPERATIONS;

interface Calls {
  DescribeRepositories: [sdk.DescribeRepositoriesCommandInput, sdk.DescribeRepositoriesCommandOutput];
  DescribeImages: [sdk.DescribeImagesCommandInput, sdk.DescribeImagesCommandOutput];
  ListTagsForResource: [sdk.ListTagsForResourceCommandInput, sdk.ListTagsForResourceCommandOutput];
  BatchGetImage: [sdk.BatchGetImageCommandInput, sdk.BatchGetImageCommandOutput];
  GetDownloadUrlForLayer: [sdk.GetDownloadUrlForLayerCommandInput, sdk.GetDownloadUrlForLayerCommandOutput];
  GetAccountSetting: [sdk.GetAccountSettingCommandInput, sdk.GetAccountSettingCommandOutput];
  ListPullTimeUpdateExclusions: [
    sdk.ListPullTimeUpdateExclusionsCommandInput,
    sdk.ListPullTimeUpdateExclusionsCommandOutput,
  ];
}

/** The input of an operation. */
export type EcrInput<O extends EcrOperation> = Calls[O][0];
/** The output of an operation. */
export type EcrOutput<O extends EcrOperation> = Calls[O][1];

/** Whether a name is that of an operation that slimboard may send. */
export function isEcrOperation(name: string): name is EcrOperation {
  return Object.hasOwn(ECR_OPERATIONS, name);
}
