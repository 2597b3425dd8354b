/** The jobs of the person who looks, newest first, kept current while one of them runs. */
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { trpc } from '../data/trpc.ts';
import { size, when, whenExactly } from '../ui/format.ts';
import { Empty, Failure, Loading } from '../ui/states.tsx';
import {
  isRunning,
  JOB_STATUSES,
  type Job,
  type JobStatus,
  outcome,
  StatusPill,
  statusWord,
} from './job-words.tsx';

const route = getRouteApi('/members/jobs');
const REFRESH_MS = 2_000;

export function JobList() {
  const { status } = route.useSearch();
  const list = useInfiniteQuery(
    trpc.jobs.list.infiniteQueryOptions(
      { limit: 20, status },
      {
        getNextPageParam: (page) => page.nextCursor ?? undefined,
        refetchInterval: (query) => (someRuns(query.state.data?.pages ?? []) ? REFRESH_MS : false),
      },
    ),
  );
  const jobs = list.data?.pages.flatMap((page) => page.jobs) ?? [];

  return (
    <section className="section" aria-labelledby="your-jobs">
      <div className="section-head">
        <h2 id="your-jobs">Your jobs</h2>
        <StatusFilter status={status} />
      </div>
      {list.isPending ? <Loading label="Loading your jobs" /> : null}
      {list.isError ? <Failure error={list.error} retry={() => void list.refetch()} /> : null}
      {list.isSuccess && jobs.length === 0 ? <NoJobs status={status} /> : null}
      <ul className="job-list">
        {jobs.map((job) => (
          <li key={job.id}>
            <JobLink job={job} />
          </li>
        ))}
      </ul>
      {list.hasNextPage ? (
        <Button
          variant="default"
          mt="sm"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          Show older jobs
        </Button>
      ) : null}
    </section>
  );
}

const someRuns = (pages: { jobs: Job[] }[]) => pages.some((page) => page.jobs.some(isRunning));

function StatusFilter({ status }: { status: JobStatus | undefined }) {
  const navigate = route.useNavigate();
  return (
    <label className="select-label">
      <span>Show</span>
      <select
        className="select"
        value={status ?? ''}
        onChange={(event) =>
          void navigate({
            search: { status: (event.target.value || undefined) as JobStatus | undefined },
            replace: true,
          })
        }
      >
        <option value="">All</option>
        {JOB_STATUSES.map((value) => (
          <option key={value} value={value}>
            {statusWord(value)}
          </option>
        ))}
      </select>
    </label>
  );
}

function NoJobs({ status }: { status: JobStatus | undefined }) {
  if (!status) {
    return <Empty title="No jobs yet">Hand in your first file above, or try it with the sample.</Empty>;
  }
  return (
    <Empty title={`No job is in the state “${statusWord(status)}”`}>
      <Link to="/jobs">Show all jobs</Link>
    </Empty>
  );
}

function JobLink({ job }: { job: Job }) {
  return (
    <Link to="/jobs/$id" params={{ id: String(job.id) }} className="card job-link">
      <span className="name">{job.fileName}</span>
      <StatusPill status={job.status} />
      <span className="about">{outcome(job)}</span>
      <span className="about number" title={whenExactly(job.createdAt)}>
        {size(job.fileBytes)} · {when(job.createdAt)}
      </span>
    </Link>
  );
}
