// How far a job is, asked every second or so until it has ended; the page is then loaded anew.
import { say, told } from "./said";

interface Job {
  state: string;
  state_told: { th: string; en: string };
  is_over: boolean;
  done: number;
  total: number | null;
}

const EVERY = 1000; // milliseconds
const SLOWER = 5000; // while nobody answers

/** Follow the job of `data-job` in the element's progress bar and words. */
export function watch(box: HTMLElement): void {
  const bar = box.querySelector("progress");
  const words = box.querySelector<HTMLElement>("[data-job-words]");
  const ask = async (): Promise<void> => {
    const answer = await fetch(box.dataset["job"]!, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) {
      if (words) words.textContent = say("ติดต่อระบบไม่ได้ จะลองใหม่เอง งานยังทำต่ออยู่", "No connection; trying again. The work goes on.");
      window.setTimeout(() => void ask(), SLOWER);
      return;
    }
    const job = (await answer.json()) as Job;
    if (job.is_over) {
      location.reload();
      return;
    }
    if (bar && job.total) {
      bar.max = job.total;
      bar.value = job.done;
    }
    if (words) {
      const share = job.total ? ` ${Math.min(99, Math.floor((100 * job.done) / job.total))}%` : "";
      words.textContent = `${told(job.state_told)}${share}`;
    }
    window.setTimeout(() => void ask(), EVERY);
  };
  void ask();
}
