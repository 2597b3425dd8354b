/** Handing in a file: picked, dropped or pasted; looked at once more, then sent. */
import { Button, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type DragEvent, useRef, useState } from 'react';
import { toLarderError } from '../../errors.ts';
import { queryClient, trpc } from '../data/trpc.ts';
import { ABORTED, uploadFile } from '../data/upload.ts';
import { percent, share, size } from '../ui/format.ts';
import { CrossIcon, DownloadIcon, FileIcon, PasteIcon, UploadIcon } from '../ui/icons.tsx';
import { Failure } from '../ui/states.tsx';
import { FileOptions, type Options } from './file-options.tsx';

export function UploadForm() {
  const [file, setFile] = useState<File | null>(null);
  return (
    <section className="card card-pad" aria-labelledby="new-job">
      <h2 id="new-job" className="card-title">
        New job
      </h2>
      {file ? <ChosenFile file={file} forget={() => setFile(null)} /> : <FileChooser choose={setFile} />}
    </section>
  );
}

function FileChooser({ choose }: { choose: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [pasting, setPasting] = useState(false);
  const takeDropped = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const [dropped] = event.dataTransfer.files;
    if (dropped) choose(dropped);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button inside does the same.
    <div
      className="drop"
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={takeDropped}
    >
      <UploadIcon size={28} />
      <strong>Drop a CSV file here</strong>
      <span className="dimmed small">
        A header row and one contact per line. Up to 200 MB. Commas, semicolons, tabs and the usual encodings
        are recognised.
      </span>
      <div className="actions">
        <Button leftSection={<FileIcon size={16} />} onClick={() => input.current?.click()}>
          Choose a file
        </Button>
        <Button
          variant="default"
          leftSection={<PasteIcon size={16} />}
          aria-expanded={pasting}
          onClick={() => setPasting(!pasting)}
        >
          Paste rows
        </Button>
        <Button
          variant="subtle"
          component="a"
          href="/sample-contacts.csv"
          download
          leftSection={<DownloadIcon size={16} />}
        >
          Sample file
        </Button>
      </div>
      <input
        ref={input}
        type="file"
        className="hidden-visually"
        tabIndex={-1}
        aria-label="CSV file"
        accept=".csv,.tsv,.txt,text/csv,text/plain,text/tab-separated-values"
        onChange={(event) => {
          const [picked] = event.target.files ?? [];
          if (picked) choose(picked);
        }}
      />
      {pasting ? <PasteBox choose={choose} /> : null}
    </div>
  );
}

function PasteBox({ choose }: { choose: (file: File) => void }) {
  const [text, setText] = useState('');
  return (
    <div className="paste">
      <Textarea
        label="Rows, the header first"
        placeholder={'Name,E-mail,Phone\nAda Lovelace,ada@example.org,+44 20 7946 0018'}
        rows={6}
        autoFocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button
        mt="xs"
        disabled={text.trim() === ''}
        onClick={() => choose(new File([text], 'pasted.csv', { type: 'text/csv' }))}
      >
        Use these rows
      </Button>
    </div>
  );
}

function ChosenFile({ file, forget }: { file: File; forget: () => void }) {
  const navigate = useNavigate();
  const [options, setOptions] = useState<Options>({});
  const [sent, setSent] = useState(0);
  const stop = useRef<AbortController>(null);
  const upload = useMutation({
    mutationFn: () => {
      stop.current = new AbortController();
      return uploadFile({ file, options, onProgress: setSent, signal: stop.current.signal });
    },
    onSuccess: async (job) => {
      await queryClient.invalidateQueries({ queryKey: trpc.jobs.list.pathKey() });
      await navigate({ to: '/jobs/$id', params: { id: String(job.id) } });
    },
  });
  return (
    <div className="chosen">
      <div className="chosen-file">
        <FileIcon size={22} />
        <div>
          <strong>{file.name}</strong>
          <div className="dimmed small">{size(file.size)}</div>
        </div>
        <Button
          variant="subtle"
          leftSection={<CrossIcon size={14} />}
          onClick={() => {
            stop.current?.abort();
            forget();
          }}
        >
          {upload.isPending ? 'Stop' : 'Another file'}
        </Button>
      </div>
      <FileOptions options={options} change={setOptions} disabled={upload.isPending} />
      {upload.isError && toLarderError(upload.error).code !== ABORTED ? (
        <Failure error={upload.error} />
      ) : null}
      {upload.isPending ? <Sending sent={sent} bytes={file.size} /> : null}
      <Button
        leftSection={<UploadIcon size={16} />}
        loading={upload.isPending}
        disabled={file.size === 0}
        onClick={() => upload.mutate()}
      >
        {upload.isError ? 'Try again' : 'Start'}
      </Button>
      {file.size === 0 ? (
        <p className="small">This file is empty: choose one with a header and rows.</p>
      ) : null}
    </div>
  );
}

function Sending({ sent, bytes }: { sent: number; bytes: number }) {
  const done = share(sent, bytes);
  return (
    <div>
      <progress max={100} value={done} aria-label="Sending the file">
        {percent(done, 0)}
      </progress>
      <p className="dimmed small">
        {size(sent)} of {size(bytes)} sent
      </p>
    </div>
  );
}
