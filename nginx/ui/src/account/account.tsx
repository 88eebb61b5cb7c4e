// The frame of the account's views, and which one the address names.
import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { go, useRoute } from "../base/route";
import { goTo, returnTarget } from "../base/session";
import { t } from "../base/texts";
import { say, Empty, Failure, Loading } from "../parts/feedback";
import { useLoad } from "../parts/load";
import { Card, Shell, signOut, Title, type NavItem } from "../parts/shell";
import { Data, deleted, Gone } from "./data";
import { Devices } from "./devices";
import { Enrolment } from "./enrolment";
import { History } from "./history";
import { cameFromLinking } from "./linked";
import { loadMe, type Mine } from "./me";
import { Profile } from "./profile";
import { Security } from "./security";

const views: Record<string, ComponentType<Mine>> = {
  profile: Profile, security: Security, devices: Devices, history: History, data: Data,
};

const nav = (): NavItem[] => [
  { href: "#/profile", label: t("account.profile"), icon: "user" },
  { href: "#/security", label: t("account.security"), icon: "shield" },
  { href: "#/devices", label: t("account.devices"), icon: "device" },
  { href: "#/history", label: t("account.history"), icon: "clock" },
  { href: "#/data", label: t("account.data"), icon: "download" },
];

export function Account() {
  const loaded = useLoad("", loadMe);
  const view = useRoute().path[0] ?? "profile";
  useEffect(() => {
    if (cameFromLinking()) go("#/security", true);
  }, []);
  useEffect(() => scrollTo(0, 0), [view]);

  const { data, problem } = loaded;
  // What is undone after other changes must not take those back.
  const latest = useRef(data);
  latest.current = data;
  const change: Mine["change"] = (user) => {
    const now = latest.current;
    if (now) loaded.set({ ...now, user: { ...now.user, ...user } });
  };
  const gone = deleted.use();

  if (gone !== null) return <Gone email={gone} />;
  if (problem) {
    return <Card title={t("nav.account")}><Failure problem={problem} retry={loaded.reload} /></Card>;
  }
  if (data?.mustEnrol) {
    return <Enrolment me={data} done={() => {
      const target = returnTarget();
      if (target) return void goTo(target);
      say(t("account.factor.done"));
      go("#/security", true);
      loaded.reload();
    }} leave={signOut} />;
  }
  if (!data?.info) return <main class="waiting"><Loading /></main>;
  const View = Object.hasOwn(views, view) ? views[view] : undefined;
  return (
    <Shell user={data.user} tenant={data.info.tenant.name} nav={nav()} navLabel={t("nav.account")} current={`#/${view}`}
      here="account">
      {View ? <View me={data} info={data.info} change={change} /> : (
        <>
          <Title tenant={data.info.tenant.name}>{t("nav.account")}</Title>
          <Empty title={t("admin.no_view")}><p>{t("admin.no_view_more")}</p></Empty>
        </>)}
    </Shell>);
}
