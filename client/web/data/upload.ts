/** Sends a file with its progress, which `fetch` cannot tell. */
import { LarderError, refusalToError, UNREACHABLE } from '../../errors.ts';

interface FileUpload {
  file: File;
  options: Record<string, unknown>;
  /** Told the bytes that were sent so far. */
  onProgress: (sent: number) => void;
  signal: AbortSignal;
}

/** The code of an upload that its sender stopped. */
export const ABORTED = 'ABORTED';

/** Hands the file in as a job of contacts and answers the job's id. Throws a `LarderError`. */
export function uploadFile({ file, options, onProgress, signal }: FileUpload): Promise<{ id: number }> {
  const form = new FormData();
  form.set('type', 'contacts');
  form.set('options', JSON.stringify(options));
  form.set('file', file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', '/api/jobs/upload');
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded }) => onProgress(Math.min(loaded, file.size));
    request.onload = () => {
      if (request.status === 201) resolve(request.response as { id: number });
      else reject(refusalToError(request.status, request.response));
    };
    request.onerror = () => reject(broken(UNREACHABLE, 'The connection broke while the file was sent'));
    request.onabort = () => reject(broken(ABORTED, 'The upload was stopped'));
    signal.addEventListener('abort', () => request.abort());
    request.send(form);
  });
}

function broken(code: string, message: string): LarderError {
  return new LarderError(message, { code, status: 0 });
}
