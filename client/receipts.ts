/**
 * A call that wrote answers with a receipt. Sent along with later calls, it makes their reads at least that new on
 * whichever process they land; the server knows when it has served its time.
 */

export type HeaderMaker = () => Record<string, string>;

export interface ReceiptKeeper {
  /** What the next call presents. */
  headers: HeaderMaker;
  /** Keeps the receipt of the answer, if there is one. */
  fetch: typeof fetch;
}

const RECEIPT_HEADER = 'x-larder-wrote';

/** The server heeds no more of them. */
const MOST_RECEIPTS = 20;

/**
 * A new receipt takes the places of those that its call was sent with, and no others: those of calls that ran beside it.
 */
export function receiptKeeper(): ReceiptKeeper {
  let receipts: string[] = [];
  return {
    headers: (): Record<string, string> =>
      receipts.length === 0 ? {} : { [RECEIPT_HEADER]: receipts.join(', ') },
    fetch: async (input, init) => {
      const presented = new Headers(init?.headers).get(RECEIPT_HEADER)?.split(', ') ?? [];
      const response = await fetch(input, init);
      const receipt = response.headers.get(RECEIPT_HEADER);
      if (receipt !== null)
        receipts = [...receipts.filter((one) => !presented.includes(one)), receipt].slice(-MOST_RECEIPTS);
      return response;
    },
  };
}
