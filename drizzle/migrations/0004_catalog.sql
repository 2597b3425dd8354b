CREATE TABLE `catalog_imports` (
	`job_id` int NOT NULL,
	`row_index` int NOT NULL,
	`kind` enum('courses','products','events') NOT NULL,
	`item_id` int NOT NULL,
	`action` enum('inserted','updated','unchanged') NOT NULL,
	`before` json,
	`version` int NOT NULL,
	`undone_at` datetime(3),
	CONSTRAINT `catalog_imports_job_id_row_index_pk` PRIMARY KEY(`job_id`,`row_index`)
);
--> statement-breakpoint
CREATE TABLE `courses` (
	`id` int AUTO_INCREMENT NOT NULL,
	`slug` varchar(160) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`live_slug` varchar(160) character set utf8mb4 collate utf8mb4_bin GENERATED ALWAYS AS ((case when deleted_at is null then slug end)) STORED,
	`title` varchar(200) NOT NULL,
	`description` text NOT NULL,
	`price_cents` int NOT NULL,
	`currency` varchar(3) character set utf8mb4 collate utf8mb4_bin NOT NULL DEFAULT 'EUR',
	`image_url` varchar(2048),
	`published` boolean NOT NULL DEFAULT false,
	`version` int NOT NULL DEFAULT 1,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`updated_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`deleted_at` datetime(3),
	`curriculum` json NOT NULL,
	`duration_minutes` int NOT NULL,
	`level` enum('beginner','intermediate','advanced') NOT NULL,
	CONSTRAINT `courses_id` PRIMARY KEY(`id`),
	CONSTRAINT `courses_live_slug` UNIQUE(`live_slug`)
);
--> statement-breakpoint
CREATE TABLE `events` (
	`id` int AUTO_INCREMENT NOT NULL,
	`slug` varchar(160) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`live_slug` varchar(160) character set utf8mb4 collate utf8mb4_bin GENERATED ALWAYS AS ((case when deleted_at is null then slug end)) STORED,
	`title` varchar(200) NOT NULL,
	`description` text NOT NULL,
	`price_cents` int NOT NULL,
	`currency` varchar(3) character set utf8mb4 collate utf8mb4_bin NOT NULL DEFAULT 'EUR',
	`image_url` varchar(2048),
	`published` boolean NOT NULL DEFAULT false,
	`version` int NOT NULL DEFAULT 1,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`updated_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`deleted_at` datetime(3),
	`starts_at` datetime(3) NOT NULL,
	`ends_at` datetime(3) NOT NULL,
	`zone` varchar(64) NOT NULL,
	`venue` varchar(200) NOT NULL,
	`seats` int,
	`seats_taken` int NOT NULL DEFAULT 0,
	CONSTRAINT `events_id` PRIMARY KEY(`id`),
	CONSTRAINT `events_live_slug` UNIQUE(`live_slug`)
);
--> statement-breakpoint
CREATE TABLE `products` (
	`id` int AUTO_INCREMENT NOT NULL,
	`slug` varchar(160) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`live_slug` varchar(160) character set utf8mb4 collate utf8mb4_bin GENERATED ALWAYS AS ((case when deleted_at is null then slug end)) STORED,
	`title` varchar(200) NOT NULL,
	`description` text NOT NULL,
	`price_cents` int NOT NULL,
	`currency` varchar(3) character set utf8mb4 collate utf8mb4_bin NOT NULL DEFAULT 'EUR',
	`image_url` varchar(2048),
	`published` boolean NOT NULL DEFAULT false,
	`version` int NOT NULL DEFAULT 1,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`updated_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`deleted_at` datetime(3),
	`type` enum('pdf','ebook','video','audio','template','software','bundle') NOT NULL,
	`category` varchar(64) NOT NULL,
	`stock` int,
	CONSTRAINT `products_id` PRIMARY KEY(`id`),
	CONSTRAINT `products_live_slug` UNIQUE(`live_slug`)
);
--> statement-breakpoint
CREATE TABLE `follows` (
	`follower_id` int NOT NULL,
	`followed_id` int NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	CONSTRAINT `follows_follower_id_followed_id_pk` PRIMARY KEY(`follower_id`,`followed_id`)
);
--> statement-breakpoint
CREATE TABLE `post_votes` (
	`post_id` int NOT NULL,
	`user_id` int NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	CONSTRAINT `post_votes_post_id_user_id_pk` PRIMARY KEY(`post_id`,`user_id`)
);
--> statement-breakpoint
CREATE TABLE `posts` (
	`id` int AUTO_INCREMENT NOT NULL,
	`user_id` int NOT NULL,
	`title` varchar(200) NOT NULL,
	`url` varchar(2048),
	`text` text,
	`votes` int NOT NULL DEFAULT 0,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`edited_at` datetime(3),
	CONSTRAINT `posts_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `bookings` (
	`id` int AUTO_INCREMENT NOT NULL,
	`user_id` int NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`cancelled_at` datetime(3),
	`active` boolean GENERATED ALWAYS AS ((case when cancelled_at is null then 1 end)) STORED,
	`event_id` int NOT NULL,
	CONSTRAINT `bookings_id` PRIMARY KEY(`id`),
	CONSTRAINT `bookings_once` UNIQUE(`user_id`,`event_id`,`active`)
);
--> statement-breakpoint
CREATE TABLE `enrollments` (
	`id` int AUTO_INCREMENT NOT NULL,
	`user_id` int NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`cancelled_at` datetime(3),
	`active` boolean GENERATED ALWAYS AS ((case when cancelled_at is null then 1 end)) STORED,
	`course_id` int NOT NULL,
	CONSTRAINT `enrollments_id` PRIMARY KEY(`id`),
	CONSTRAINT `enrollments_once` UNIQUE(`user_id`,`course_id`,`active`)
);
--> statement-breakpoint
CREATE TABLE `purchases` (
	`id` int AUTO_INCREMENT NOT NULL,
	`user_id` int NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`cancelled_at` datetime(3),
	`active` boolean GENERATED ALWAYS AS ((case when cancelled_at is null then 1 end)) STORED,
	`product_id` int NOT NULL,
	`price_cents` int NOT NULL,
	`currency` varchar(3) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`idempotency_key` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	CONSTRAINT `purchases_id` PRIMARY KEY(`id`),
	CONSTRAINT `purchases_once` UNIQUE(`user_id`,`product_id`,`active`),
	CONSTRAINT `purchases_idempotency` UNIQUE(`user_id`,`idempotency_key`)
);
--> statement-breakpoint
ALTER TABLE `catalog_imports` ADD CONSTRAINT `catalog_imports_job_id_jobs_id_fk` FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `follows` ADD CONSTRAINT `follows_follower_id_users_id_fk` FOREIGN KEY (`follower_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `follows` ADD CONSTRAINT `follows_followed_id_users_id_fk` FOREIGN KEY (`followed_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `post_votes` ADD CONSTRAINT `post_votes_post_id_posts_id_fk` FOREIGN KEY (`post_id`) REFERENCES `posts`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `post_votes` ADD CONSTRAINT `post_votes_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `posts` ADD CONSTRAINT `posts_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `bookings` ADD CONSTRAINT `bookings_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `bookings` ADD CONSTRAINT `bookings_event_id_events_id_fk` FOREIGN KEY (`event_id`) REFERENCES `events`(`id`) ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `enrollments` ADD CONSTRAINT `enrollments_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `enrollments` ADD CONSTRAINT `enrollments_course_id_courses_id_fk` FOREIGN KEY (`course_id`) REFERENCES `courses`(`id`) ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `purchases` ADD CONSTRAINT `purchases_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `purchases` ADD CONSTRAINT `purchases_product_id_products_id_fk` FOREIGN KEY (`product_id`) REFERENCES `products`(`id`) ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX `catalog_imports_item` ON `catalog_imports` (`kind`,`item_id`);--> statement-breakpoint
CREATE INDEX `courses_title` ON `courses` (`title`,`id`);--> statement-breakpoint
CREATE INDEX `courses_price` ON `courses` (`price_cents`,`id`);--> statement-breakpoint
CREATE INDEX `events_title` ON `events` (`title`,`id`);--> statement-breakpoint
CREATE INDEX `events_price` ON `events` (`price_cents`,`id`);--> statement-breakpoint
CREATE INDEX `events_starts` ON `events` (`starts_at`,`id`);--> statement-breakpoint
CREATE INDEX `products_title` ON `products` (`title`,`id`);--> statement-breakpoint
CREATE INDEX `products_price` ON `products` (`price_cents`,`id`);--> statement-breakpoint
CREATE INDEX `products_type` ON `products` (`type`,`id`);--> statement-breakpoint
CREATE INDEX `products_category` ON `products` (`category`,`id`);--> statement-breakpoint
CREATE INDEX `follows_followed` ON `follows` (`followed_id`);--> statement-breakpoint
CREATE INDEX `post_votes_user` ON `post_votes` (`user_id`,`post_id`);--> statement-breakpoint
CREATE INDEX `posts_user` ON `posts` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `posts_votes` ON `posts` (`votes`,`id`);--> statement-breakpoint
CREATE INDEX `bookings_event` ON `bookings` (`event_id`);--> statement-breakpoint
CREATE INDEX `enrollments_course` ON `enrollments` (`course_id`);--> statement-breakpoint
CREATE INDEX `purchases_product` ON `purchases` (`product_id`);