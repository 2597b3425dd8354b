/** A member's jobs: hand in a new file above, everything handed in before below. */
import { Page } from '../shell/page.tsx';
import { JobList } from './job-list.tsx';
import { UploadForm } from './upload-form.tsx';

export function JobsPage() {
  return (
    <Page
      title="Jobs"
      lead="Hand in a list of contacts. Every row is checked and cleaned; what was changed, and why a cell is wrong, stands beside it. Your file is kept as it came."
    >
      <UploadForm />
      <JobList />
    </Page>
  );
}
