import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { SheafError } from '../../shared/errors.ts';

/** Where clouds serve a machine's own credentials and data to whoever asks from it. */
const metadata = new BlockList();
metadata.addSubnet('169.254.0.0', 16, 'ipv4'); // AWS, Google, Azure, OpenStack, ECS
metadata.addAddress('100.100.100.200', 'ipv4'); // Alibaba
metadata.addAddress('192.0.0.192', 'ipv4'); // Oracle
metadata.addSubnet('fe80::', 10, 'ipv6');
metadata.addAddress('fd00:ec2::254', 'ipv6');

const isMetadata = (address: string): boolean => {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const version = isIP(bare);
  return version !== 0 && metadata.check(bare, version === 4 ? 'ipv4' : 'ipv6');
};

/**
 * A request must not go to an address of metadata, whatever named it: options, the environment, a redirect.
 *
 * @throws SheafError `PERMISSION_DENIED`
 */
export function checkHost(host: string, mayMetadata: boolean): void {
  if (!mayMetadata && (isMetadata(host) || /^metadata(\.google\.internal)?\.?$/i.test(host))) throw refused(host);
}

/** Name resolution that refuses names of such addresses. */
export const guardedLookup =
  (mayMetadata: boolean): LookupFunction =>
  (host, options, callback) => {
    lookup(host, { ...(options as LookupOptions), all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, '');
      if (!mayMetadata && addresses.some(({ address }) => isMetadata(address))) return callback(refused(host), '');
      const [first] = addresses;
      if (options.all) return callback(null, addresses);
      return callback(null, first?.address ?? '', first?.family);
    });
  };

const refused = (host: string): SheafError =>
  new SheafError('PERMISSION_DENIED', `${host} is where this machine's own credentials are served`, {
    next: 'Correct the address. For an object storage that is really there, set SHEAF_OBJECT_METADATA_ENDPOINTS=1.',
  });
