import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import { checkHost, guardedLookup } from '../net/metadata-addresses.ts';
import { environmentEndpoint, type S3Options, wantsPathStyle } from './options.ts';

/** AWS's own client for S3: an optional package, loaded when the first object is named. */
export type Sdk = typeof import('@aws-sdk/client-s3');

/** @throws SheafError `CONNECTOR_MISSING` with what to install */
export async function loadSdk(load: () => Promise<Sdk> = () => import('@aws-sdk/client-s3')): Promise<Sdk> {
  try {
    return await load();
  } catch (cause) {
    throw new SheafError(
      'CONNECTOR_MISSING',
      'Object storage needs the package @aws-sdk/client-s3, which is not installed',
      {
        next: 'Run npm install @aws-sdk/client-s3 where the coordinator and every worker run.',
        cause,
      },
    );
  }
}

/** Limits of the SDK's connections. */
export type ClientLimits = Pick<
  Config,
  'objectConnectionsMax' | 'objectConnectTimeoutMs' | 'objectIdleTimeoutMs' | 'objectMetadataEndpoints'
>;

/** Attempts are ours (`withRetries`), so that one limit counts them all and lost answers are known as such. */
export function createClient(sdk: Sdk, options: S3Options, limits: ClientLimits): S3Client {
  const mayMetadata = limits.objectMetadataEndpoints === 1;
  const endpoint = options.endpoint ?? environmentEndpoint();
  const agentOptions = { keepAlive: true, maxSockets: limits.objectConnectionsMax, lookup: guardedLookup(mayMetadata) };
  const client = new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...regionOf(options),
    ...credentialsOf(options),
    forcePathStyle: wantsPathStyle({ ...options, ...(endpoint === undefined ? {} : { endpoint }) }),
    maxAttempts: 1,
    // Parts go with their MD5, which every server checks; newer checksums are not known everywhere.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: limits.objectConnectTimeoutMs,
      socketTimeout: limits.objectIdleTimeoutMs,
      httpAgent: new HttpAgent(agentOptions),
      httpsAgent: new HttpsAgent(agentOptions),
    },
  });
  client.middlewareStack.add(
    (next) => (args) => {
      checkHost((args.request as { hostname?: string }).hostname ?? '', mayMetadata);
      return next(args);
    },
    { step: 'finalizeRequest', name: 'refuseMetadataAddresses', priority: 'low' },
  );
  return client;
}

/** A server that is not AWS's seldom minds, but a signature needs one. */
const regionOf = ({ region, endpoint }: S3Options): { region?: string } => {
  if (region !== undefined) return { region };
  return endpoint === undefined ? {} : { region: 'us-east-1' };
};

const credentialsOf = ({ accessKeyId, secretAccessKey, sessionToken }: S3Options) =>
  accessKeyId === undefined || secretAccessKey === undefined
    ? {}
    : { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } };
