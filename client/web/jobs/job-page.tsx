/** One job: while it runs, how far it is; when it has ended, what came of it. */
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { toLarderError } from '../../errors.ts';
import { api, queryClient, trpc } from '../data/trpc.ts';
import { Page } from '../shell/page.tsx';
import { size, when, whenExactly } from '../ui/format.ts';
import { BackIcon, RepeatIcon, StopIcon } from '../ui/icons.tsx';
import { Failure, Loading, Note } from '../ui/states.tsx';
import { JobProgress } from './job-progress.tsx';
import { JobReport } from './job-report.tsx';
import { doneShare, isRunning, type Job, StatusPill } from './job-words.tsx';
import { useJob } from './use-job.ts';

const route = getRouteApi('/members/jobs/$id');

export function JobPage() {
  const { id } = route.useParams();
  const number = Number(id);
  if (!Number.isSafeInteger(number) || number < 1) return <NoSuchJob />;
  return <KnownJobPage key={number} id={number} />;
}

function KnownJobPage({ id }: { id: number }) {
  const { job, error, retry, link } = useJob(id);
  if (error && toLarderError(error).status === 404) return <NoSuchJob />;
  if (!job) {
    return (
      <Page title="Job">
        {error ? <Failure error={error} retry={retry} /> : <Loading label="Loading the job" />}
      </Page>
    );
  }
  return (
    <Page
      title={job.fileName}
      tab={tabTitle(job)}
      lead={<About job={job} />}
      actions={<JobActions job={job} />}
    >
      {error ? <Failure error={error} retry={retry} /> : null}
      {isRunning(job) ? <JobProgress job={job} link={link} /> : null}
      {job.status === 'failed' ? <WhyFailed job={job} /> : null}
      {job.status === 'cancelled' ? (
        <Note tone="warn" title="This job was cancelled">
          <p>The rows below were finished before that.</p>
        </Note>
      ) : null}
      {isRunning(job) ? null : <JobReport job={job} />}
    </Page>
  );
}

function NoSuchJob() {
  return (
    <Page title="There is no such job" lead="It may have been removed, or it is somebody else's.">
      <Link to="/jobs">Go to your jobs</Link>
    </Page>
  );
}

function tabTitle(job: Job): string {
  return isRunning(job) ? `${Math.floor(doneShare(job))} % · ${job.fileName}` : job.fileName;
}

function About({ job }: { job: Job }) {
  return (
    <span className="about-job">
      <Link to="/jobs" className="back">
        <BackIcon size={14} /> All jobs
      </Link>
      <StatusPill status={job.status} />
      <span>{size(job.fileBytes)}</span>
      <span title={whenExactly(job.createdAt)}>handed in {when(job.createdAt)}</span>
    </span>
  );
}

function WhyFailed({ job }: { job: Job }) {
  return (
    <Note tone="bad" title={job.errorMessage ?? 'The job could not be finished'} urgent>
      <p>Correct the file and hand it in again, or let this job run once more.</p>
      {job.errorCode ? (
        <p className="small">
          Code <code>{job.errorCode}</code>
        </p>
      ) : null}
    </Note>
  );
}

function JobActions({ job }: { job: Job }) {
  const refresh = () => queryClient.invalidateQueries({ queryKey: trpc.jobs.pathKey() });
  const cancel = useMutation({
    mutationFn: () => api.jobs.cancel.mutate({ id: job.id }),
    onSettled: refresh,
  });
  const retry = useMutation({ mutationFn: () => api.jobs.retry.mutate({ id: job.id }), onSettled: refresh });
  const failure = cancel.error ?? retry.error;
  return (
    <>
      {isRunning(job) ? (
        <Button
          variant="default"
          leftSection={<StopIcon size={16} />}
          loading={cancel.isPending}
          onClick={() => cancel.mutate()}
        >
          Cancel
        </Button>
      ) : null}
      {job.status === 'failed' || job.status === 'cancelled' ? (
        <Button
          variant="default"
          leftSection={<RepeatIcon size={16} />}
          loading={retry.isPending}
          onClick={() => retry.mutate()}
        >
          Run again
        </Button>
      ) : null}
      {failure ? <Failure error={failure} /> : null}
    </>
  );
}
