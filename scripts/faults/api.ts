// `npx tsx scripts/faults/api.ts [--seconds 10]`: Redis frozen for that long under the load of the whole API.
import { freezeUnderLoad, openShop } from '../../tests/faults/runs/api-outage.ts';
import { report } from '../../tests/faults/support/figures.ts';
import { numberOption, withServers } from './lib/command.ts';

const seconds = numberOption('seconds', 10);
const HIT_RATE = 90;
const RECOVERED_MS = 2000;

await withServers(async () => {
  const shop = await openShop();
  const figures = await freezeUnderLoad(shop, 1000 * seconds);
  report('Redis frozen under the load of the API', figures);
  await shop.close();
  const { before, frozen, after, recoveryMs } = figures;
  const isRight = [before, frozen, after].every(
    ({ errors, refused, stale }) => errors.length + refused + stale === 0,
  );
  return isRight && Math.min(before.hitRate, after.hitRate) >= HIT_RATE && recoveryMs <= RECOVERED_MS;
});
