//! The account itself: its scenarios, its sameness, its faults.

#[cfg(test)]
mod account {
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::time::Duration;

    use cloud_sim::clock::TokioClock;
    use cloud_sim::scenario::{RUNBOOK_APP, RUNBOOK_SUBNETS, RUNBOOK_TASK_GROUP, RUNBOOK_VPC};
    use cloud_sim::{Fault, FaultPlan, ImageProfile, MemoryCell, Scenario, When, World, memory};
    use engine::clock::Clock;
    use engine::cloud::hosting::JobStatus;
    use engine::cloud::identity::{LinkedService, Question, Verdict};
    use engine::cloud::network::{Peer, RouteTarget, Traffic};
    use engine::cloud::registry::CreateRepository;
    use engine::cloud::{Cloud, CloudError, Tags};
    use jiff::{SignedDuration, Timestamp};

    const EPOCH: Timestamp = Timestamp::constant(1_795_392_000, 0);

    fn account(scenario: Scenario) -> (Cloud, Arc<MemoryCell>) {
        let clock = TokioClock::new(EPOCH, 1.0);
        memory::account(World::scenario(scenario, EPOCH), Arc::new(clock))
    }

    fn repository(name: &str) -> CreateRepository {
        CreateRepository {
            name: name.to_owned(),
            scan_on_push: true,
            tags: Tags::new(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_runbook_account_is_as_it_was_that_morning() {
        let (cloud, _) = account(Scenario::Runbook);
        assert_eq!(cloud.identity.caller().await.unwrap().account_id, "123456789012");
        let zones: Vec<_> = cloud
            .network
            .zones()
            .await
            .unwrap()
            .into_iter()
            .map(|zone| (zone.name, zone.id))
            .collect();
        let zone = |name: &str, id: &str| (format!("ap-northeast-1{name}"), id.to_owned());
        assert_eq!(
            zones,
            [
                zone("a", "apne1-az4"),
                zone("c", "apne1-az1"),
                zone("d", "apne1-az2")
            ]
        );
        let vpcs = cloud.network.vpcs().await.unwrap();
        assert_eq!(
            (vpcs.len(), vpcs[0].id.as_str(), vpcs[0].is_default),
            (1, RUNBOOK_VPC, false)
        );
        assert_eq!(
            (
                vpcs[0].cidrs[0].to_string().as_str(),
                vpcs[0].tags["Name"].as_str()
            ),
            ("10.0.0.0/16", "vendor")
        );

        let mut subnets = cloud.network.subnets(RUNBOOK_VPC).await.unwrap();
        subnets.sort_by_key(|subnet| subnet.cidr);
        let ids: Vec<_> = subnets.iter().map(|subnet| subnet.id.as_str()).collect();
        assert_eq!(ids, RUNBOOK_SUBNETS);
        let ranges: Vec<_> = subnets.iter().map(|subnet| subnet.cidr.to_string()).collect();
        assert_eq!(ranges, ["10.0.2.0/24", "10.0.3.0/24"]);
        assert!(
            subnets.iter().all(|subnet| subnet.zone.id == "apne1-az4"),
            "both in one zone: the third trap"
        );

        let tables = cloud.network.route_tables(RUNBOOK_VPC).await.unwrap();
        let main = tables.iter().find(|table| table.main).unwrap();
        assert_eq!(
            (main.routes.len(), &main.routes[0].target),
            (1, &RouteTarget::Local)
        );
        let public = tables.iter().find(|table| !table.main).unwrap();
        assert_eq!(public.associations.len(), 2);
        assert!(
            public
                .routes
                .iter()
                .any(|route| matches!(route.target, RouteTarget::InternetGateway(_)) && route.active)
        );

        let groups = cloud.network.security_groups(RUNBOOK_VPC).await.unwrap();
        let group = groups
            .iter()
            .find(|group| group.id == RUNBOOK_TASK_GROUP)
            .unwrap();
        assert_eq!(
            (group.name.as_str(), group.ingress.len(), group.egress.len()),
            ("vendor0918-sg", 1, 1)
        );
        assert_eq!(group.ingress[0].traffic, Traffic::Tcp { from: 8080, to: 8080 });
        assert_eq!(group.ingress[0].peer, Peer::Cidr("0.0.0.0/0".parse().unwrap()));

        let role = cloud
            .identity
            .role("ecsTaskExecutionRole")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(role.trusted_services, ["ecs-tasks.amazonaws.com"]);
        assert!(role.attached_policies[0].ends_with("/AmazonECSTaskExecutionRolePolicy"));

        let apps = cloud.hosting.apps().await.unwrap();
        assert_eq!(
            (apps[0].id.as_str(), apps[0].name.as_str()),
            (RUNBOOK_APP, "vendor0919-web")
        );
        let newest = cloud.hosting.find_job(RUNBOOK_APP, "main", &|_| true).await;
        assert_eq!(newest.unwrap().unwrap().status, JobStatus::Succeed);
        let other = cloud
            .hosting
            .find_job(RUNBOOK_APP, "main", &|job| job.status != JobStatus::Succeed);
        assert_eq!(other.await.unwrap(), None);

        assert_eq!(cloud.compute.cluster("vendor0919-cluster").await.unwrap(), None);
        assert_eq!(cloud.logs.log_group("/ecs/vendor0919-api").await.unwrap(), None);
        assert!(cloud.registry.repositories().await.unwrap().is_empty());
        assert_eq!(
            cloud.balancing.load_balancer("vendor0919-alb").await.unwrap(),
            None
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_fresh_account_has_the_default_vpc_and_nothing_else() {
        let (cloud, _) = account(Scenario::Fresh);
        let vpcs = cloud.network.vpcs().await.unwrap();
        assert!(vpcs.len() == 1 && vpcs[0].is_default && vpcs[0].cidrs[0].to_string() == "172.31.0.0/16");
        let subnets = cloud.network.subnets(&vpcs[0].id).await.unwrap();
        let mut zones: Vec<_> = subnets.iter().map(|subnet| subnet.zone.name.as_str()).collect();
        zones.sort_unstable();
        assert_eq!(zones, ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"]);
        assert!(
            subnets
                .iter()
                .all(|subnet| subnet.map_public_ip && subnet.free_addresses == 4091)
        );
        let tables = cloud.network.route_tables(&vpcs[0].id).await.unwrap();
        assert!(tables.len() == 1 && tables[0].main && tables[0].routes.len() == 2);
        for service in [LinkedService::Ecs, LinkedService::ElasticLoadBalancing] {
            assert!(!cloud.identity.service_linked_role(service).await.unwrap());
        }
        assert!(cloud.hosting.apps().await.unwrap().is_empty());
    }

    #[test]
    fn scenarios_are_read_by_name() {
        for scenario in Scenario::ALL {
            assert_eq!(scenario.to_string().parse(), Ok(scenario));
            assert_eq!(serde_json::to_value(scenario).unwrap(), scenario.name());
        }
        assert!(
            "messed"
                .parse::<Scenario>()
                .unwrap_err()
                .to_string()
                .contains("runbook, fresh")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_world_survives_being_written_and_read() {
        let (cloud, cell) = account(Scenario::Runbook);
        cloud.registry.create_repository(repository("api")).await.unwrap();
        cell.look(|world| world.push_image("api", "latest", ImageProfile::fastapi()))
            .unwrap();
        let (text, comparable) =
            cell.look(|world| (serde_json::to_string(world).unwrap(), world.comparable()));
        let read: World = serde_json::from_str(&text).unwrap();
        assert_eq!(read.comparable(), comparable);
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        assert!(text.len() < 64 * 1024, "{} bytes", text.len());
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_calls_at_the_same_times_lead_to_the_same_world() {
        let mut worlds = Vec::new();
        for _ in 0..2 {
            let (cloud, cell) = account(Scenario::Fresh);
            for name in ["a1", "b2", "c3"] {
                cloud.registry.create_repository(repository(name)).await.unwrap();
                tokio::time::sleep(Duration::from_secs(7)).await;
                cell.look(|world| world.push_image(name, "v1", ImageProfile::nginx()))
                    .unwrap();
            }
            worlds.push(cell.look(|world| world.comparable()));
        }
        assert_eq!(worlds[0], worlds[1]);
    }

    #[test]
    fn a_world_does_not_go_back_in_time() {
        let mut world = World::scenario(Scenario::Fresh, EPOCH);
        let later = EPOCH.checked_add(SignedDuration::from_secs(60)).unwrap();
        world.advance(later);
        world.advance(EPOCH);
        assert_eq!(world.now(), later);
    }

    #[tokio::test(start_paused = true)]
    async fn reading_leaves_nothing_to_save_and_writing_does() {
        let (cloud, cell) = account(Scenario::Runbook);
        assert!(cell.look(World::take_dirty), "a new world is worth saving");
        cloud.network.vpcs().await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert!(!cell.look(World::take_dirty));
        cloud.registry.create_repository(repository("api")).await.unwrap();
        assert!(cell.look(World::take_dirty));
        cell.look(|world| world.expect_push("api", "latest", ImageProfile::fastapi(), 30));
        assert!(cell.look(World::take_dirty));
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert!(cell.look(World::take_dirty), "the image arrived by itself");
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_at_twenty_times_the_speed_passes_a_minute_in_three_seconds() {
        let clock = TokioClock::new(EPOCH, 20.0);
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(clock.now().duration_since(EPOCH).as_secs(), 60);
        let start = tokio::time::Instant::now();
        clock.sleep(Duration::from_secs(60)).await;
        assert_eq!(start.elapsed().as_secs(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn an_expected_push_arrives_after_its_repository_each_time_it_is_made() {
        let (cloud, cell) = account(Scenario::Fresh);
        cell.look(|world| world.expect_push("api", "v1", ImageProfile::fastapi(), 40));
        tokio::time::sleep(Duration::from_secs(100)).await;
        for _ in 0..2 {
            cloud.registry.create_repository(repository("api")).await.unwrap();
            tokio::time::sleep(Duration::from_secs(39)).await;
            assert_eq!(cloud.registry.image("api", "v1").await.unwrap(), None);
            tokio::time::sleep(Duration::from_secs(1)).await;
            let facts = cloud.registry.image("api", "v1").await.unwrap().unwrap();
            assert_eq!(
                (facts.exposed_ports.as_slice(), facts.has_curl),
                (&[8080][..], Some(false))
            );
            let images = cloud.registry.images("api").await.unwrap();
            assert_eq!(
                (images.len(), images[0].digest.as_str()),
                (1, facts.digest.as_str())
            );
            cloud.registry.delete_repository("api", true).await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_tag_moves_with_the_next_push() {
        let (cloud, cell) = account(Scenario::Fresh);
        cloud.registry.create_repository(repository("api")).await.unwrap();
        let first = cell
            .look(|world| world.push_image("api", "latest", ImageProfile::fastapi()))
            .unwrap();
        let second = cell
            .look(|world| world.push_image("api", "latest", ImageProfile::nginx()))
            .unwrap();
        let images = cloud.registry.images("api").await.unwrap();
        assert_eq!(
            (images[0].digest.as_str(), images[0].tags.as_slice()),
            (second.as_str(), &["latest".to_owned()][..])
        );
        assert_eq!(
            (images[1].digest.as_str(), images[1].tags.len()),
            (first.as_str(), 0)
        );
        assert_eq!(
            cloud
                .registry
                .image("api", &first)
                .await
                .unwrap()
                .unwrap()
                .exposed_ports,
            [8080]
        );
        assert_eq!(
            cloud
                .registry
                .image("api", "latest")
                .await
                .unwrap()
                .unwrap()
                .exposed_ports,
            [80]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn faults_meet_the_calls_they_are_meant_for() {
        let (cloud, cell) = account(Scenario::Fresh);
        let plan = FaultPlan::at_call(2, Fault::Throttle)
            .with(
                When::Action {
                    action: "ecr:CreateRepository".into(),
                    times: Some(1),
                },
                Fault::AnswerLost,
            )
            .with(
                When::Action {
                    action: "ec2:CreateSubnet".into(),
                    times: None,
                },
                Fault::Denied,
            );
        cell.look(|world| world.set_faults(plan));
        cloud.network.zones().await.unwrap();
        assert!(matches!(
            cloud.network.zones().await,
            Err(CloudError::Throttled { .. })
        ));
        cloud.network.zones().await.unwrap();
        let lost = cloud
            .registry
            .create_repository(repository("api"))
            .await
            .unwrap_err();
        assert!(lost.is_transient(), "{lost}");
        let again = cloud.registry.create_repository(repository("api")).await;
        assert!(
            matches!(again, Err(CloudError::AlreadyExists { .. })),
            "it had happened"
        );
        let allowed = cloud
            .identity
            .permissions(&[Question {
                actions: vec!["ec2:CreateSubnet".to_owned(), "ec2:CreateVpc".to_owned()],
                resource: None,
                context: BTreeMap::new(),
            }])
            .await
            .unwrap();
        assert_eq!(
            [allowed[0].verdict, allowed[1].verdict],
            [Verdict::Missing, Verdict::Allowed]
        );
        let calls: Vec<_> = cell.look(|world| world.calls().map(|call| call.action.clone()).collect());
        assert_eq!(
            calls
                .iter()
                .filter(|action| *action == "ecr:CreateRepository")
                .count(),
            2
        );
        assert_eq!(cell.look(|world| world.faults().seen()), 6);
    }

    #[tokio::test(start_paused = true)]
    async fn a_crash_never_answers_and_happens_before_or_after_the_call_took_effect() {
        for (fault, there) in [(Fault::CrashBefore, false), (Fault::CrashAfter, true)] {
            let (cloud, cell) = account(Scenario::Fresh);
            cell.look(|world| world.set_faults(FaultPlan::at_call(1, fault)));
            tokio::select! {
                answer = cloud.registry.create_repository(repository("api")) => panic!("answered {answer:?}"),
                () = cell.crashed() => {}
            }
            assert_eq!(
                cloud.registry.repository("api").await.unwrap().is_some(),
                there,
                "{fault:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn comparable_ignores_what_aws_keeps_and_sees_everything_else() {
        let (cloud, cell) = account(Scenario::Fresh);
        let before = cell.look(|world| world.comparable());
        cloud
            .identity
            .create_service_linked_role(LinkedService::Ecs)
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_secs(20)).await;
        cloud.compute.create_cluster("c", Tags::new()).await.unwrap();
        assert_ne!(cell.look(|world| world.comparable()), before);
        cloud.compute.delete_cluster("c").await.unwrap();
        assert_eq!(cell.look(|world| world.comparable()), before);
        cloud.logs.create_log_group("/x", Tags::new()).await.unwrap();
        assert_ne!(cell.look(|world| world.comparable()), before);
    }
}
