/** Clearing the cache: say what, see what that would take away, confirm by its weight, read what happened. */
import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { mayClear, type Outputs, useMe } from '../data/session.ts';
import { api, queryClient, trpc } from '../data/trpc.ts';
import { Page } from '../shell/page.tsx';
import { milliseconds, plural } from '../ui/format.ts';
import { BroomIcon } from '../ui/icons.tsx';
import { Failure, Loading, Note } from '../ui/states.tsx';
import { ConfirmClear } from './confirm-clear.tsx';
import { EVERYTHING, PatternForm } from './pattern-form.tsx';
import { PreviewReport } from './preview-report.tsx';
import { useRedisTrouble } from './redis-banner.tsx';

export type Preview = Outputs['monitoring']['cacheClearPreview'];
type Cleared = Outputs['monitoring']['cacheClear'];

const route = getRouteApi('/console/clear');

export function ClearPage() {
  const { pattern } = route.useSearch();
  const navigate = route.useNavigate();
  const [cleared, setCleared] = useState<Cleared | null>(null);
  const ask = (wanted: string) => {
    setCleared(null);
    void navigate({ search: { pattern: wanted } });
    void queryClient.invalidateQueries({ queryKey: trpc.monitoring.cacheClearPreview.queryKey() });
  };
  return (
    <Page
      title="Clear"
      lead="Deleting takes nothing but time: the next read of each entry waits for the database once. Look first what a pattern would take."
    >
      <PatternForm key={`form ${pattern ?? ''}`} pattern={pattern} submit="Show what matches" ask={ask} />
      <div aria-live="polite">{cleared ? <ClearedNote cleared={cleared} /> : null}</div>
      {pattern !== undefined && !cleared ? (
        <PreviewSection key={`preview ${pattern}`} pattern={pattern} done={setCleared} />
      ) : null}
    </Page>
  );
}

interface PreviewSectionProps {
  pattern: string;
  done: (cleared: Cleared) => void;
}

function PreviewSection({ pattern, done }: PreviewSectionProps) {
  const [countAll, setCountAll] = useState(false);
  const preview = useQuery(
    trpc.monitoring.cacheClearPreview.queryOptions(
      { pattern, countAll },
      { staleTime: Infinity, gcTime: 0, retry: false, refetchOnWindowFocus: false },
    ),
  );
  const retry = () => void preview.refetch();
  return (
    <section className="section" aria-labelledby="preview" aria-busy={preview.isFetching}>
      <h2 id="preview" className="hidden-visually">
        What would be cleared
      </h2>
      {preview.isPending ? <Loading label="Counting" /> : null}
      {preview.isError ? <Failure error={preview.error} retry={retry} /> : null}
      {preview.data ? (
        <PreviewReport
          preview={preview.data}
          pattern={pattern}
          countAll={countAll ? undefined : () => setCountAll(true)}
        />
      ) : null}
      {preview.data && preview.data.matched > 0 ? (
        <ClearAction preview={preview.data} pattern={pattern} done={done} />
      ) : null}
    </section>
  );
}

interface ClearActionProps extends PreviewSectionProps {
  preview: Preview;
}

function ClearAction({ preview, pattern, done }: ClearActionProps) {
  const me = useMe();
  const trouble = useRedisTrouble();
  const [asking, setAsking] = useState(false);
  const clear = useMutation({
    mutationFn: () => {
      const previewToken = preview.token;
      return pattern === EVERYTHING
        ? api.monitoring.cacheClear.mutate({ previewToken })
        : api.monitoring.cacheClearPattern.mutate({ pattern, previewToken });
    },
    onSuccess: done,
    onSettled: () => setAsking(false),
  });
  if (!mayClear(me)) {
    return (
      <Note tone="info" title="Clearing is for admins">
        <p>Your role sees what would be cleared, and may not clear it.</p>
      </Note>
    );
  }
  if (trouble) {
    return (
      <Note tone="warn" title={`Nothing can be cleared just now: ${trouble}`}>
        <p>Reads go past the cache meanwhile, so nothing old is served.</p>
      </Note>
    );
  }
  return (
    <>
      {clear.isError ? <Failure error={clear.error} /> : null}
      <Button color="red" mt="md" leftSection={<BroomIcon size={16} />} onClick={() => setAsking(true)}>
        {`Delete ${preview.exact ? '' : 'about '}${plural(preview.matched, 'entry', 'entries')}…`}
      </Button>
      <ConfirmClear
        open={asking}
        preview={preview}
        pattern={pattern}
        busy={clear.isPending}
        cancel={() => setAsking(false)}
        confirm={() => clear.mutate()}
      />
    </>
  );
}

function ClearedNote({ cleared }: { cleared: Cleared }) {
  return (
    <div className="section" data-testid="cleared">
      <Note tone="ok" title={cleared.message}>
        <p>
          It took {milliseconds(cleared.tookMs)} and stands in the audit as number {cleared.auditId}.
        </p>
        {cleared.warnings.map((warning) => (
          <p key={warning}>{warning}</p>
        ))}
      </Note>
    </div>
  );
}
