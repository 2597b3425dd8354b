/** Types of import-rules.mjs for the tests. */
export interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}
export function importsOf(file: string, source: string): Import[];
export function complaintAbout(each: Import): string | null;
export function cyclesAmong(imports: Import[]): string[];
